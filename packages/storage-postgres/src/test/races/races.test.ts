import assert from 'node:assert/strict'
import type { RateLimitKey, RateLimitPolicy } from 'torii-core'
import { newUserId } from 'torii-core'
import { describe, test } from 'vitest'
import type { CallerInput, Fixture } from '../interleaving/fixture.test.support.js'
import { newCallerInput, newFixture } from '../interleaving/fixture.test.support.js'
import type { OperationName } from '../interleaving/user-operations.test.support.js'
import {
  needsEnrollment,
  needsFactor,
  operationNames,
  perform,
} from '../interleaving/user-operations.test.support.js'
import {
  firstEpochs,
  freshEmail,
  freshPasswordHash,
  freshRateLimitKey,
  newSession,
  signUp,
  widePolicy,
} from './people.test.support.js'
import { openRaceStorage } from './race-storage.test.support.js'

const registerRounds = 100
const registerCallers = 32
const guessRounds = 100
const guesses = 64
const accountCap = 10
const ipAddressRounds = 50
const ipAddressCap = 30
const mixedCalls = 3200
const deleteRounds = 200
const deleteFlows = 12

const { database, storage, retried } = await openRaceStorage()

const times = <Result>(count: number, operation: (index: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, index) => operation(index)))

async function registerAtOnce(callers: number): Promise<void> {
  const email = freshEmail()
  const ids = Array.from({ length: callers }, () => newUserId())
  const outcomes = await times(callers, async (index) =>
    storage.users.register({
      id: ids[index] ?? newUserId(),
      email: index % 2 === 0 ? email : email.toUpperCase(),
      passwordHash: freshPasswordHash(),
      session: newSession(),
    }),
  )
  const winners = ids.filter((_, index) => outcomes[index]?.ok)
  assert.equal(winners.length, 1)
  assert.equal((await storage.users.findByEmail(email))?.id, winners[0])
  const { rows } = await database.query(
    `select (select count(*) from torii.users where id = any ($1::uuid[]))::int as users,
       (select count(*) from torii.passwords where user_id = any ($1::uuid[]))::int as passwords,
       (select count(*) from torii.sessions where user_id = any ($1::uuid[]))::int as sessions`,
    [ids],
  )
  assert.deepEqual(rows, [{ users: 1, passwords: 1, sessions: 1 }])
}

test(`T1.15 T1.16 ${registerCallers} register one address in two spellings: one account, ${registerRounds} rounds`, async () => {
  for (let round = 0; round < registerRounds; round += 1) await registerAtOnce(registerCallers)
})

test('T1.15 a hundred register one address at once: one account', () => registerAtOnce(100))

const capped = (
  key: RateLimitKey,
  cap: number,
): { key: RateLimitKey; policy: RateLimitPolicy } => ({
  key,
  policy: { ...widePolicy, cap },
})

describe('guesses at once', () => {
  test(`T1.20 of ${guesses} guesses at one account ${accountCap} see a hash, ${guessRounds} rounds`, async () => {
    const { email } = await signUp(storage)
    for (let round = 0; round < guessRounds; round += 1) {
      const account = capped(freshRateLimitKey(), accountCap)
      const ipAddress = capped(freshRateLimitKey(), 1000)
      const answers = await times(guesses, () =>
        storage.passwords.findForSignIn({ email, charges: { account, ipAddress } }),
      )
      const seen = answers.filter((answer) => answer.ok && answer.credential !== null)
      assert.equal(seen.length, accountCap)
      assert.equal(answers.filter(({ ok }) => ok).length, accountCap)
    }
  })

  test(`T1.20 of ${guesses} guesses from one network at as many accounts ${ipAddressCap} see a hash, ${ipAddressRounds} rounds`, async () => {
    const people = await times(guesses, () => signUp(storage))
    for (let round = 0; round < ipAddressRounds; round += 1) {
      const ipAddress = capped(freshRateLimitKey(), ipAddressCap)
      const answers = await Promise.all(
        people.map(({ email }) =>
          storage.passwords.findForSignIn({
            email,
            charges: { account: capped(freshRateLimitKey(), accountCap), ipAddress },
          }),
        ),
      )
      const seen = answers.filter((answer) => answer.ok && answer.credential !== null)
      assert.equal(seen.length, ipAddressCap)
    }
  })

  test(`T1.22 ${guesses} charges and as many refunds of a network are counted to the last one`, async () => {
    const ipAddress = capped(freshRateLimitKey(), 1000)
    const failures = async () => (await storage.rateLimits.status(ipAddress.key)).failures
    await times(guesses, () =>
      storage.rateLimits.charge({ account: capped(freshRateLimitKey(), 1000), ipAddress }),
    )
    assert.equal(await failures(), guesses)
    await times(guesses - 1, () =>
      storage.rateLimits.refund({ account: null, ipAddress: ipAddress.key }),
    )
    assert.equal(await failures(), 1)
  })

  test(`R2.1 ${mixedCalls} guesses, successes and mails over 4 accounts and 3 networks: no deadlock`, async () => {
    const people = await times(4, () => signUp(storage))
    const accounts = people.map((person) => ({ person, key: freshRateLimitKey() }))
    const ipAddresses = Array.from({ length: 3 }, freshRateLimitKey)
    const before = retried.length
    for (let call = 0; call < mixedCalls; call += guesses)
      await times(guesses, async (index) => {
        // Neither count divides the other, so that every account meets every network in every act.
        const { person, key } = accounts[(call + index) % 4] ?? raise()
        const ipAddress = ipAddresses[(call + index) % 3] ?? raise()
        const charges = { account: capped(key, 5), ipAddress: capped(ipAddress, 50) }
        switch (Math.floor((call + index) / 12) % 4) {
          case 0:
            return storage.passwords.findForSignIn({ email: person.email, charges })
          case 1:
            return storage.rateLimits.refund({ account: key, ipAddress })
          case 2:
            return storage.rateLimits.chargeMail({
              address: charges.account,
              ipAddress: charges.ipAddress,
            })
          default:
            return storage.passwords.signIn({
              credential: { userId: person.id, hash: person.hash, epochs: firstEpochs },
              session: newSession(),
              refund: { account: key, ipAddress },
            })
        }
      })
    assert.deepEqual(retried.slice(before), [])
  })
})

const raise = (): never => {
  throw new Error('out of range')
}

describe(`R1.2 a user is deleted in the midst of ${deleteFlows} others, ${deleteRounds} rounds`, () => {
  const others = operationNames.filter((name) => name !== 'delete')
  const withoutFactor = others.filter((name) => !needsFactor(name) && !needsEnrollment(name))
  const kinds = ['unverified', 'usual', 'with a second factor'] as const
  const query = async <Row>(text: string, values: unknown[]): Promise<Row[]> =>
    (await database.query<Row & Record<string, unknown>>(text, values)).rows
  const met = new Set<OperationName>()
  const errors: string[] = []

  /** Runs an operation; a call that throws is noted by its code. */
  async function run(name: OperationName, fixture: Fixture, own: CallerInput): Promise<string> {
    met.add(name)
    return perform(name, storage, fixture, own).catch((error: unknown) => {
      const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
      errors.push(`${name}: ${String(code ?? error)}`)
      return 'threw'
    })
  }

  test('T1.14 one of one or two deletions succeeds, and nothing of the user is left', async (t) => {
    const before = retried.length
    const left: unknown[] = []
    for (let round = 0; round < deleteRounds; round += 1) {
      const kind = kinds[round % kinds.length] ?? 'usual'
      const able = kind === 'with a second factor' ? others : withoutFactor
      const first = Math.floor(round / kinds.length) * deleteFlows
      const fixture = await newFixture({ observer: storage, query }, kind)
      const names = Array.from(
        { length: deleteFlows },
        (_, index) => able[(first + index) % able.length] ?? 'open',
      )
      const deletions = round % 2 === 0 ? ['delete' as const] : (['delete', 'delete'] as const)
      const place = round % (deleteFlows + 1)
      const begun = (some: readonly OperationName[]) =>
        some.map((name, index) => run(name, fixture, newCallerInput(`caller ${index}`)))
      const early = begun(names.slice(0, place))
      const deleting = begun(deletions)
      await Promise.all([...early, ...deleting, ...begun(names.slice(place))])
      const deleted = (await Promise.all(deleting)).filter((answer) => answer === 'true')
      assert.equal(deleted.length, 1)
      left.push(...(await rowsOf(fixture)))
    }
    void t.annotate(JSON.stringify(retried.slice(before)))
    assert.deepEqual(errors, [])
    assert.deepEqual(left, [])
    assert.equal(met.size, operationNames.length)
    // A deletion meets rows that were added after it began in the order of the cascade.
    assert.ok(retried.length - before <= deleteRounds / 10, retried.slice(before).join(', '))
  })

  async function rowsOf({ id }: Fixture): Promise<unknown[]> {
    const tables = [
      'user_emails',
      'passwords',
      'sessions',
      'verification_tokens',
      'oauth_accounts',
      'passkeys',
      'pending_sign_ins',
      'totp_enrollments',
      'totp_factors',
      'recovery_codes',
    ]
    const selects = tables.map(
      (table) => `select '${table}' from torii.${table} where user_id = $1`,
    )
    return query(
      [...selects, "select 'users' from torii.users where id = $1"].join(' union all '),
      [id],
    )
  }

  test('no address is left without its account, no row without its user', async () => {
    const rows = await query(
      `select
         (select count(*) from torii.users u full join torii.user_emails e on e.user_id = u.id
          where u.email_key is distinct from e.email_key)::int as addresses,
         (select count(*) from torii.sessions s where not exists (select 1 from torii.users u where u.id = s.user_id))::int as sessions`,
      [],
    )
    assert.deepEqual(rows, [{ addresses: 0, sessions: 0 }])
  })
})
