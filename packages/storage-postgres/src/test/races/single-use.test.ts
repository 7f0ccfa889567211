import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { OAuthSignIn, OAuthStateKey } from 'torii-core'
import { newOAuthAccountId, newUserId } from 'torii-core'
import { afterAll, test } from 'vitest'
import type { CallerInput, Fixture, Kind } from '../interleaving/fixture.test.support.js'
import { newCallerInput, newFixture } from '../interleaving/fixture.test.support.js'
import { prepared } from '../interleaving/held-lock.test.support.js'
import { locks } from '../interleaving/interleaving.test.support.js'
import type { OperationName } from '../interleaving/user-operations.test.support.js'
import { perform } from '../interleaving/user-operations.test.support.js'
import type { StateRow } from '../interleaving/user-state.test.support.js'
import { readState } from '../interleaving/user-state.test.support.js'
import type { Held } from './held-crowd.test.support.js'
import { openCrowds } from './held-crowd.test.support.js'
import { actorOf, freshEmail, freshSecretHash, newSession, signUp } from './people.test.support.js'
import { openRaceStorage } from './race-storage.test.support.js'

const sizes = [2, 8, 64]
/** Every third of them with the rows locked until all callers, or as many as have a connection, wait. */
const rounds = 12
const passkeyRounds = 100
const passkeyCallers = 32
const connections = 16
/** The storage reserves two of them for reads. */
const writeConnections = connections - 2

const { database, storage, retried } = await openRaceStorage()
const { storage: unbatched, retried: retriedUnbatched } = await openRaceStorage(database, {
  batchValidation: false,
})
const crowds = await openCrowds(database)
afterAll(() => crowds.close())

const client = await database.connect()
const query = async <Row>(text: string, values: unknown[]): Promise<Row[]> =>
  (await client.query<Row & Record<string, unknown>>(prepared(text, values))).rows

interface Race {
  /** What each caller does; true for the one who succeeds. */
  readonly operations: readonly (() => Promise<boolean>)[]
  readonly held: Held
  /** How many of their statements wait for `held` (default: one of each caller). */
  readonly waiting?: number
  /** Throws unless everything is as the winner, and no other caller, left it. */
  assertEnding(winner: number): Promise<void>
}

type Prepare = (callers: number) => Promise<Race>

/** In every round exactly one caller wins. */
async function oneWins(prepare: Prepare): Promise<void> {
  for (const callers of sizes) await oneWinsOf(callers, rounds, prepare)
  assert.deepEqual([...retried, ...retriedUnbatched], [])
}

async function oneWinsOf(callers: number, count: number, prepare: Prepare): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    const { operations, held, waiting: expected = callers, assertEnding } = await prepare(callers)
    const waiting = Math.min(expected, writeConnections)
    const won =
      round % 3 === 2
        ? await crowds.fromOneSnapshot(held, operations, waiting)
        : await Promise.all(operations.map((operation) => operation()))
    assert.equal(won.filter(Boolean).length, 1, `of ${callers} in round ${round}`)
    await assertEnding(won.indexOf(true))
  }
}

interface Use {
  readonly name: OperationName
  readonly kind?: Kind
  /** The table whose rows are locked. */
  readonly entryRow: string
  /** What everybody but the winner is answered. */
  readonly refusal?: string
  /** Whether the winner's act, and no other, shows in what is stored. */
  shows(state: StateRow, winner: CallerInput, fixture: Fixture): boolean
}

/** Callers of one operation that can succeed once for one user. */
const using =
  ({ name, kind = 'usual', entryRow, refusal = 'invalid_token', shows }: Use) =>
  async (callers: number): Promise<Race> => {
    const fixture = await newFixture({ observer: storage, query }, kind)
    const owns = Array.from({ length: callers }, (_, index) => newCallerInput(`caller ${index}`))
    const [select, values] = locks[entryRow] ?? ['', () => []]
    return {
      operations: owns.map((own) => async () => {
        const answer = await perform(name, storage, fixture, own)
        return answer === refusal ? false : ['done', 'took over', 'true'].includes(answer)
      }),
      held: [select, values(fixture)],
      async assertEnding(place) {
        const state = await readState({ query }, fixture, owns)
        const winner = owns[place]
        assert.ok(winner !== undefined && shows(state, winner, fixture), JSON.stringify(state.user))
      },
    }
  }

const opened = ({ sessions }: StateRow, { session }: CallerInput, { key, other }: Fixture) => {
  const before: readonly string[] = [key.id, other.id]
  return (
    sessions
      .filter(({ id }) => !before.includes(id))
      .map(({ id }) => id)
      .join() === session.id
  )
}

test(`T1.1 one magic link opened by 2, 8 and 64 at once: one session, and one take-over, ${rounds} rounds`, async () => {
  const use = { name: 'consumeLink', entryRow: 'magic_links', shows: opened } as const
  await oneWins(using(use))
  await oneWins(using({ ...use, kind: 'unverified' }))
})

test(`T1.1 one code typed by 2, 8 and 64 at once: one session, ${rounds} rounds`, () =>
  oneWins(using({ name: 'consumeCode', entryRow: 'magic_links', shows: opened })))

test(`T1.21 of 64 codes at once, the right one among them, five wrong ones are tried at most, ${rounds} rounds`, async () => {
  const seen = { opened: 0, tooLate: 0 }
  for (let round = 0; round < rounds; round += 1) {
    const fixture = await newFixture({ observer: storage, query }, 'usual')
    const owns = Array.from({ length: 64 }, (_, index) => newCallerInput(`caller ${index}`))
    // The right one is done first, comes last, or is somewhere between them.
    const right = [0, 63, 4, 5, 32][round % 5]
    const codes = owns.map(
      (own, index) => () =>
        perform(index === right ? 'consumeCode' : 'tryCode', storage, fixture, own),
    )
    const [first, ...others] = codes
    const begun = first?.()
    if (right === 0) await begun
    const answers = await Promise.all([begun, ...others.map((code) => code())])
    const { links, sessions } = await readState({ query }, fixture, owns)
    const good = answers.filter((answer) => answer === 'done').length
    assert.equal(answers.filter((answer) => answer === 'invalid_token').length, 64 - good)
    // A caller that types the right one in time uses the link up; else it stays, its code does not.
    if (good === 0) assert.deepEqual([links.length, links[0]?.tries, sessions.length], [1, 5, 2])
    else assert.deepEqual([good, links.length, sessions.length], [1, 0, 3])
    const again = await perform('consumeCode', storage, fixture, newCallerInput('late'))
    assert.equal(again, 'invalid_token')
    seen.opened += good
    seen.tooLate += Number(good === 0)
  }
  // The last of 64 comes too late on 16 connections, whatever their order.
  assert.ok(seen.opened >= 1 && seen.tooLate >= 1, JSON.stringify(seen))
})

test(`T1.2 one reset token used by 2, 8 and 64 at once: the password is that of the winner, ${rounds} rounds`, () =>
  oneWins(
    using({
      name: 'resetPassword',
      entryRow: 'verification_tokens',
      shows: ({ hash, sessions }, own) => hash === own.hash.reveal() && sessions.length === 0,
    }),
  ))

test(`T1.3 one verification used by 2, 8 and 64 at once, with the password and without, ${rounds} rounds`, async () => {
  const use = { kind: 'unverified', entryRow: 'verification_tokens' } as const
  const verified = ({ user }: StateRow) => user?.verified === true
  await oneWins(using({ ...use, name: 'proveWithPassword', shows: opened }))
  await oneWins(using({ ...use, name: 'proveMailbox', shows: verified }))
})

test(`T1.3 one change of address used by 2, 8 and 64 at once, ${rounds} rounds`, () =>
  oneWins(
    using({
      name: 'changeEmail',
      entryRow: 'verification_tokens',
      shows: ({ user, sessions }, _, { key, newEmail }) =>
        user?.email === newEmail && sessions.map(({ id }) => id).join() === key.id,
    }),
  ))

const onePasskeyUse = using({
  name: 'signInByPasskey',
  entryRow: 'passkeys',
  refusal: 'counter_regression',
  shows: opened,
})

test(`R4.3 one count of a passkey used by 2, 8 and 64 at once: one session, ${rounds} rounds`, () =>
  oneWins(onePasskeyUse))

test(`R4.3 one count of a passkey used by ${passkeyCallers} at once, ${passkeyRounds} rounds`, () =>
  oneWinsOf(passkeyCallers, passkeyRounds, onePasskeyUse))

const newLogin = (given: Partial<OAuthSignIn> = {}): OAuthSignIn => ({
  ...newCallerInput('person').identity,
  email: freshEmail(),
  emailVerified: true,
  newUserId: newUserId(),
  name: null,
  picture: null,
  session: newSession(),
  ...given,
})

async function startedFlow(): Promise<OAuthStateKey> {
  const started = await storage.oauthStates.start({ lifetimeSeconds: 600, ipAddress: null })
  assert.ok(started.ok)
  const { expiresAt, globalEpoch } = started
  return { hash: freshSecretHash(), expiresAt, globalEpoch }
}

/** Sign-ins of one flow, whose use waits for a caller that gives up. One of them succeeds. */
function usingState(
  state: OAuthStateKey,
  logins: readonly OAuthSignIn[],
  assertEnding: Race['assertEnding'],
  { accounts, waiting } = { accounts: storage.oauthAccounts, waiting: logins.length },
): Race {
  const heldUse = `insert into torii.used_oauth_states (state_hash, used_by, expires_at)
    values ($1, $2, now() + interval '1 hour')`
  return {
    operations: logins.map((login) => async () => {
      const outcome = await accounts.signIn({ ...login, state })
      assert.ok(outcome.ok || outcome.reason === 'invalid_token')
      return outcome.ok
    }),
    held: [heldUse, [state.hash, randomUUID()]],
    waiting,
    async assertEnding(place) {
      const used = await query<{ used_by: string }>(
        'select used_by from torii.used_oauth_states where state_hash = $1',
        [state.hash],
      )
      assert.deepEqual(
        used.map((row) => row.used_by),
        [logins[place]?.session.id],
      )
      await assertEnding(place)
    },
  }
}

const sessionsOf = async (userId: string): Promise<string[]> =>
  (await query<{ id: string }>('select id from torii.sessions where user_id = $1', [userId])).map(
    ({ id }) => id,
  )

/** The first caller waits by a statement of its own, and all others by one that they share. */
const together = (callers: number) => ({
  accounts: storage.oauthAccounts,
  waiting: Math.min(callers, 2),
})
const alone = (callers: number) => ({ accounts: unbatched.oauthAccounts, waiting: callers })

const ways = [
  ['together', together],
  ['each by a statement of its own', alone],
] as const

for (const [how, by] of ways)
  test(`T1.4 one OAuth state used by 2, 8 and 64 at once, ${how}, with a known identity, ${rounds} rounds`, () =>
    oneWins(async (callers) => {
      const known = newLogin()
      assert.ok((await storage.oauthAccounts.signIn(known)).ok)
      const { subject } = known
      const logins = Array.from({ length: callers }, () => newLogin({ subject }))
      const assertEnding = async (place: number) => {
        const ids = [known.session.id, logins[place]?.session.id]
        assert.deepEqual((await sessionsOf(known.newUserId)).sort(), ids.sort())
      }
      return usingState(await startedFlow(), logins, assertEnding, by(callers))
    }))

for (const [how, by] of ways)
  test(`T1.4 one OAuth state used by 2, 8 and 64 at once, ${how}, with as many new identities, ${rounds} rounds`, () =>
    oneWins(async (callers) => {
      const logins = Array.from({ length: callers }, (_, index) =>
        newLogin({ emailVerified: index % 2 === 0 }),
      )
      const assertEnding = async (place: number) => {
        const found = await query<{ id: string }>(
          'select id from torii.users where id = any ($1::uuid[])',
          [logins.map(({ newUserId: id }) => id)],
        )
        const winner = logins[place]
        assert.deepEqual(found, [{ id: winner?.newUserId }])
        assert.deepEqual(await sessionsOf(String(winner?.newUserId)), [winner?.session.id])
      }
      return usingState(await startedFlow(), logins, assertEnding, by(callers))
    }))

async function nothingLeft(rows: string, value: unknown): Promise<void> {
  assert.deepEqual(await query(`select 1 as one from torii.${rows}`, [value]), [])
}

const heldChallenge = 'select 1 from torii.passkey_challenges where challenge_hash = $1 for update'

test(`T1.5 one challenge of registering answered by 2, 8 and 64 at once, ${rounds} rounds`, () =>
  oneWins(async (callers) => {
    const actor = actorOf(await signUp(storage))
    const [challengeHash, ceremony] = [freshSecretHash(), 'register' as const]
    await storage.passkeyChallenges.store({
      challengeHash,
      ceremony,
      holder: { kind: 'session', actor },
      lifetimeSeconds: 600,
      ipAddress: null,
    })
    const answer = { challengeHash, ceremony, actor }
    return {
      operations: Array.from(
        { length: callers },
        () => () => storage.passkeyChallenges.consume(answer),
      ),
      held: [heldChallenge, [challengeHash]],
      assertEnding: () =>
        nothingLeft('passkey_challenges where challenge_hash = $1', challengeHash),
    }
  }))

async function signInChallenge(callers: number): Promise<Race> {
  const { passkey } = await newFixture({ observer: storage, query }, 'usual')
  const [challengeHash, ceremony] = [freshSecretHash(), 'authenticate' as const]
  await storage.passkeyChallenges.store({
    challengeHash,
    ceremony,
    holder: { kind: 'anyone' },
    lifetimeSeconds: 600,
    ipAddress: null,
  })
  const answer = { challengeHash, ceremony, credentialId: passkey.credentialId }
  return {
    operations: Array.from({ length: callers }, () => async () => {
      return (await storage.passkeys.findForSignIn(answer)) !== null
    }),
    held: [heldChallenge, [challengeHash]],
    assertEnding: () => nothingLeft('passkey_challenges where challenge_hash = $1', challengeHash),
  }
}

test(`T1.5 one challenge of signing in answered by 2, 8 and 64 at once, ${rounds} rounds`, () =>
  oneWins(signInChallenge))

test(`T1.5 one challenge of signing in answered by ${passkeyCallers} at once, ${passkeyRounds} rounds`, () =>
  oneWinsOf(passkeyCallers, passkeyRounds, signInChallenge))

test(`T1.18 one identity linked by 2, 8 and 64 users at once: one has it, ${rounds} rounds`, () =>
  oneWins(async (callers) => {
    const people = await Promise.all(Array.from({ length: callers }, () => signUp(storage)))
    const { identity } = newCallerInput('unknown')
    return {
      operations: people.map((person) => async () => {
        const wanted = { ...identity, newAccountId: newOAuthAccountId() }
        const outcome = await storage.oauthAccounts.link(actorOf(person), wanted)
        assert.ok(outcome.ok || outcome.reason === 'already_exists')
        return outcome.ok
      }),
      held: [
        'select 1 from torii.users where id = any ($1::uuid[]) order by id for update',
        [people.map(({ id }) => id)],
      ],
      async assertEnding(place) {
        const rows = await query('select user_id from torii.oauth_accounts where subject = $1', [
          identity.subject,
        ])
        assert.deepEqual(rows, [{ user_id: people[place]?.id }])
      },
    }
  }))
