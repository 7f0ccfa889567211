import assert from 'node:assert/strict'
import type { SessionKey } from 'torii-core'
import { describe, test } from 'vitest'
import { everyStatement } from '../every-statement.test.support.js'
import type { CallerInput, Fixture } from '../interleaving/fixture.test.support.js'
import { newCallerInput, newFixture } from '../interleaving/fixture.test.support.js'
import { enroll, enrolledEpochs, startEnrollment } from './enrollment.test.support.js'
import { actorOf, keyOf } from './people.test.support.js'
import { openRaceStorage } from './race-storage.test.support.js'
import type { Way } from './session-ways.test.support.js'
import { otherInserts, ways } from './session-ways.test.support.js'

const rounds = 40
const crowd = 8

const { database, storage, retried, late } = await openRaceStorage()
const observer = {
  observer: storage,
  query: async <Row>(text: string, values: unknown[]) =>
    (await database.query(text, values)).rows as Row[],
}

test('every statement that inserts sessions is a way that is tried here, or listed with its reason', () => {
  const inserting = everyStatement().filter(({ text }) =>
    /insert into "torii"\.sessions\b/.test(text),
  )
  const tried = Object.values(ways).map(({ statement }) => statement)
  assert.deepEqual(
    inserting.map(({ name }) => name).sort(),
    [...tried, ...Object.keys(otherInserts)].sort(),
  )
  // Where a user may have a second factor, the same statement inserts the pending sign-in in place of the session.
  const without = inserting.filter(
    ({ text }) => !text.includes('insert into "torii".pending_sign_ins'),
  )
  assert.deepEqual(
    without.map(({ name }) => name),
    [
      'sessions.derive',
      'second_factors.signIn',
      'second_factors.useRecoveryCode',
      'second_factors.signInByPasskey',
      'second_factors.addPasskeyForSignIn',
      'second_factors.signInByPassword',
      'second_factors.confirmTotpForSignIn',
    ],
  )
})

/** Of these sessions the live ones that were not proved by two factors. */
async function belowLevel2(keys: readonly SessionKey[]): Promise<SessionKey[]> {
  const below = []
  for (const key of keys) {
    const valid = await storage.sessions.validate(key, { touchSeconds: 60 })
    if (valid !== null && valid.session.level < 2) below.push(key)
  }
  return below
}

/** Every session of the fixture that anyone has a token of. */
const keysOf = (fixture: Fixture, owns: readonly CallerInput[]) => [
  fixture.key,
  fixture.other,
  ...owns.map(({ session }) => keyOf(fixture.id, session)),
]

/** Asserts that the enrollment holds, and that no session is live that does not have the second factor. */
async function assertNoneBelow(fixture: Fixture, owns: readonly CallerInput[]): Promise<void> {
  assert.notEqual((await storage.secondFactors.find(fixture.id)).totp, null)
  assert.deepEqual(await belowLevel2(keysOf(fixture, owns)), [])
  const listed = await storage.sessions.list(fixture.id)
  assert.deepEqual(
    listed.filter(({ level }) => level < 2),
    [],
  )
}

const isWaiting = (outcome: unknown) =>
  typeof outcome === 'object' &&
  outcome !== null &&
  (Reflect.get(outcome, 'reason') === 'second_factor_required' ||
    Boolean(Reflect.get(outcome, 'pending')))

async function enter({ enter: ask }: Way, fixture: Fixture, own: CallerInput): Promise<unknown> {
  return ask(storage, fixture, own)
}

for (const [name, way] of Object.entries(ways))
  describe(`R7.1 ${name}, of a user who enrolls a second factor`, () => {
    test('afterwards: opens no session', async () => {
      const fixture = await newFixture(observer, way.kind)
      await enroll(storage, fixture)
      const own = newCallerInput('own')
      await enter(way, fixture, own)
      await assertNoneBelow(fixture, [own])
    })

    test('while it waits for the user, and has its snapshot: opens no session', async () => {
      const fixture = await newFixture(observer, way.kind)
      const confirmation = await startEnrollment(storage, fixture)
      const own = newCallerInput('own')
      const holder = await database.connect()
      await holder.query('begin')
      await holder.query('select 1 from torii.users where id = $1 for update', [fixture.id])
      const entering = enter(way, fixture, own)
      await waitFor(1)
      // In the transaction that holds the user.
      const { secondFactors } = storage.withClient(holder)
      assert.equal((await secondFactors.confirmTotp(actorOf(fixture), confirmation)).ok, true)
      await holder.query('commit')
      const outcome = await entering
      await assertNoneBelow(
        { ...fixture, key: { ...fixture.key, secretHash: confirmation.newSecretHash } },
        [own],
      )
      // What the epoch does not refuse waits for the second factor.
      const refusedByEpoch = [
        'passwords.signIn',
        'passkeys.signIn',
        'sessions.derive',
        'sessions.openImported',
      ].includes(name)
      const refusedByLink = /^(?:magicLinks|verificationTokens)\./.test(name)
      assert.equal(isWaiting(outcome), !refusedByEpoch && !refusedByLink, JSON.stringify(outcome))
    })

    test('while the enrollment waits for the acting session: leaves no session', async () => {
      const fixture = await newFixture(observer, way.kind)
      const confirmation = await startEnrollment(storage, fixture)
      const own = newCallerInput('own')
      const holder = await database.connect()
      await holder.query('begin')
      await holder.query('select 1 from torii.sessions where user_id = $1 and id = $2 for update', [
        fixture.id,
        fixture.key.id,
      ])
      const confirming = storage.secondFactors.confirmTotp(actorOf(fixture), confirmation)
      await waitFor(1)
      const entering = enter(way, fixture, own)
      // Either it ends beside the enrollment, or it waits for the user behind it.
      let ended = false
      const ending = entering.finally(() => {
        ended = true
      })
      await waitFor(2, () => ended)
      await holder.query('rollback')
      const outcomes = await Promise.all([confirming, ending])
      assert.equal(outcomes[0].ok, true)
      await assertNoneBelow(
        { ...fixture, key: { ...fixture.key, secretHash: confirmation.newSecretHash } },
        [own],
      )
    })

    test(`in its midst: ${rounds} rounds of ${crowd} callers leave no session`, async () => {
      for (let round = 0; round < rounds; round += 1) {
        const fixture = await newFixture(observer, way.kind)
        const confirmation = await startEnrollment(storage, fixture)
        const owns = Array.from({ length: crowd }, (_, index) => newCallerInput(`caller ${index}`))
        const early = owns.slice(0, crowd / 2).map((own) => enter(way, fixture, own))
        const confirming = storage.secondFactors.confirmTotp(actorOf(fixture), confirmation)
        const late = owns.slice(crowd / 2).map((own) => enter(way, fixture, own))
        await Promise.all([...early, ...late])
        assert.equal((await confirming).ok, true)
        await assertNoneBelow(
          { ...fixture, key: { ...fixture.key, secretHash: confirmation.newSecretHash } },
          owns,
        )
      }
    })
  })

/** Resolves once so many callers wait for a row, or `ended` holds. */
async function waitFor(count: number, ended = () => false): Promise<void> {
  const text = `select count(*)::int as count from pg_stat_activity
    where datname = current_database() and state = 'active' and wait_event_type = 'Lock'`
  for (let waiting = 0; waiting < count && !ended(); ) {
    const { rows } = await database.query<{ count: number }>(text)
    waiting = rows[0]?.count ?? 0
  }
}

test('R7.1 none of them met a deadlock', (t) => {
  void t.annotate(`too late: ${JSON.stringify(late)}`)
  assert.deepEqual(retried, [])
})

test('the epochs after an enrollment are those that the tests count on', async () => {
  const fixture = await newFixture(observer, 'usual')
  const owner = await enroll(storage, fixture)
  const valid = await storage.sessions.validate(owner.key, { touchSeconds: 60 })
  assert.deepEqual(valid?.epochs, enrolledEpochs)
})
