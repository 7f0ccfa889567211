import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { NewSession, OAuthSignIn, OAuthSignInOutcome, OAuthStateKey, UserId } from 'torii-core'
import { ciphertext, newOAuthAccountId, newUserId } from 'torii-core'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import { type ObservedPool, observe } from '../../driver/batching/batching.test.support.js'
import { PostgresStorage } from '../../index.js'
import {
  freshEmail,
  freshSecretHash,
  isLive,
  keyOf,
  newSession,
} from '../../test/races/people.test.support.js'

let database: TestDatabase
let pool: pg.Pool
let observed: ObservedPool
let storage: PostgresStorage
let people: OAuthSignIn[]
const retried: string[] = []
const log = ({ operation = '', code = '' }) => retried.push(`${operation} ${code}`)
beforeAll(async () => {
  database = await testDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 6 })
  observed = observe(pool)
  storage = new PostgresStorage(observed, { log })
  people = await Promise.all(Array.from({ length: 40 }, newcomer))
})
afterAll(() => pool.end())
beforeEach(() => {
  observed.sent.length = 0
  retried.length = 0
})

const session = (): NewSession => ({ ...newSession(), methods: ['oauth'] })

/** Somebody who has signed in once. */
async function newcomer(): Promise<OAuthSignIn> {
  const person: OAuthSignIn = {
    provider: 'google',
    subject: randomBytes(8).toString('hex'),
    label: null,
    tokens: null,
    email: freshEmail(),
    emailVerified: true,
    newUserId: newUserId(),
    newAccountId: newOAuthAccountId(),
    name: 'Ada',
    picture: null,
    session: session(),
    state: await startedFlow(),
  }
  const made = await storage.oauthAccounts.signIn(person)
  assert.ok(made.ok && made.how === 'created')
  return person
}

async function startedFlow(): Promise<OAuthStateKey> {
  const started = await storage.oauthStates.start({ lifetimeSeconds: 600, ipAddress: null })
  assert.ok(started.ok)
  const { expiresAt, globalEpoch } = started
  return { hash: freshSecretHash(), expiresAt, globalEpoch }
}

/** The same person once more, in a flow of its own. */
const again = async (person: OAuthSignIn, given: Partial<OAuthSignIn> = {}) => ({
  ...person,
  newUserId: newUserId(),
  newAccountId: newOAuthAccountId(),
  session: session(),
  state: await startedFlow(),
  ...given,
})

const eachAgain = async (persons: readonly OAuthSignIn[]) => {
  const all: OAuthSignIn[] = []
  for (const person of persons) all.push(await again(person))
  return all
}

const signIn = (person: OAuthSignIn) => storage.oauthAccounts.signIn(person)
const signInAll = (persons: readonly OAuthSignIn[]) => Promise.all(persons.map(signIn))
const words = (outcomes: readonly OAuthSignInOutcome[]) =>
  outcomes.map((outcome) => (outcome.ok ? outcome.how : outcome.reason))
const operations = () => observed.sent.map((name) => name.split('.').slice(1, 3).join('.'))
const rows = async <Row>(text: string, values: unknown[]): Promise<Row[]> =>
  (await database.query<Row & Record<string, unknown>>(text, values)).rows
const usersOfState = async ({ state }: OAuthSignIn) =>
  (
    await rows<{ used_by: string }>(
      'select used_by from torii.used_oauth_states where state_hash = $1',
      [state?.hash],
    )
  ).map((row) => row.used_by)
const accountOf = async ({ subject }: OAuthSignIn) =>
  (
    await rows<{ label: string; tokens: Buffer | null; version: number; user_id: UserId }>(
      `select label, tokens, tokens_version as version, user_id from torii.oauth_accounts where subject = $1`,
      [subject],
    )
  )[0] ?? assert.fail('no account')
const at = (persons: readonly OAuthSignIn[], place: number) => persons[place] ?? assert.fail()

describe('known identities that sign in at the same time', () => {
  test('are one statement for the first and one for all others, and each is its own', async () => {
    const given: OAuthSignIn[] = []
    for (const [n, person] of people.entries())
      given.push(
        await again(person, {
          label: n % 3 ? `"{Ü},\\${n}"` : null,
          tokens: n % 4 ? ciphertext(randomBytes(n + 1)) : null,
          session: { ...session(), ip: n % 3 ? '192.0.2.7' : null, idleSeconds: 1000 + n },
          ...(n % 5 ? {} : { state: null }),
        }),
      )
    observed.sent.length = 0
    const outcomes = await signInAll(given)
    assert.deepEqual(operations(), ['oauth_accounts.signInKnown', 'oauth_accounts.signInKnownMany'])
    for (const [n, outcome] of outcomes.entries()) {
      const [before, mine] = [at(people, n), at(given, n)]
      assert.ok(outcome.ok && outcome.how === 'known')
      assert.deepEqual([outcome.user.id, outcome.user.email], [before.newUserId, before.email])
      const { createdAt, expiresAt, absoluteExpiresAt, ...rest } = outcome.session
      assert.deepEqual(rest, {
        id: mine.session.id,
        userId: before.newUserId,
        methods: ['oauth'],
        ip: mine.session.ip,
        userAgent: mine.session.userAgent,
        authenticatedAt: createdAt,
        lastActiveAt: createdAt,
      })
      assert.equal(expiresAt.getTime() - createdAt.getTime(), mine.session.idleSeconds * 1000)
      assert.equal(
        absoluteExpiresAt.getTime() - createdAt.getTime(),
        mine.session.absoluteSeconds * 1000,
      )
      assert.ok(await isLive(storage, keyOf(before.newUserId, mine.session)))
      const { label, tokens, version } = await accountOf(mine)
      assert.deepEqual([label, tokens, version], [mine.label, mine.tokens, mine.tokens ? 1 : 0])
      if (mine.state) assert.deepEqual(await usersOfState(mine), [mine.session.id])
    }
  })

  test('are refused each for themselves, and a new one is created', async () => {
    const [first, disabled, late, used, ended, taken] = [
      await newcomer(),
      await newcomer(),
      await newcomer(),
      await newcomer(),
      await newcomer(),
      await newcomer(),
    ]
    await storage.users.disable(disabled.newUserId)
    const usedState = await startedFlow()
    await storage.oauthStates.use(usedState)
    await database.query(
      'update torii.users set owner_epoch = owner_epoch + 1, session_epoch = session_epoch + 1 where id = $1',
      [taken.newUserId],
    )
    const endedState = await startedFlow()
    const given = [
      await again(first),
      await again(disabled),
      await again(late, {
        state: { ...(await startedFlow()), expiresAt: new Date(Date.now() - 1000) },
      }),
      await again(used, { state: usedState }),
      await again(ended, { state: { ...endedState, globalEpoch: endedState.globalEpoch + 1 } }),
      await again(taken, { email: null }),
      await again(first, { subject: randomBytes(8).toString('hex'), email: freshEmail() }),
    ]
    assert.deepEqual(words(await signInAll(given)), [
      'known',
      'account_disabled',
      'invalid_token',
      'invalid_token',
      'invalid_token',
      'created',
      'created',
    ])
    for (const place of [2, 3, 4]) {
      const { newUserId: id } = at([first, disabled, late, used, ended], place)
      assert.equal((await storage.sessions.list(id)).length, 1)
      assert.notDeepEqual(await usersOfState(at(given, place)), [at(given, place).session.id])
    }
  })

  test('T1.4 with one state: the first of them in company, and no other', async () => {
    const state = await startedFlow()
    const given: OAuthSignIn[] = []
    for (const person of people.slice(0, 20)) given.push(await again(person, { state }))
    const leading = await again(at(people, 30))
    const [lead, ...outcomes] = await signInAll([leading, ...given])
    assert.ok(lead?.ok)
    const winners = given.filter((_, place) => outcomes[place]?.ok)
    assert.equal(winners.length, 1)
    assert.deepEqual(await usersOfState(at(given, 0)), [winners[0]?.session.id])
    assert.equal(words(outcomes).filter((word) => word === 'invalid_token').length, 19)
  })

  test('by one identity: each gets a session, and the tokens of one of them are kept', async () => {
    const person = await newcomer()
    const given: OAuthSignIn[] = []
    const tokens = [null, randomBytes(9), null, randomBytes(10), null]
    for (const [n, bytes] of tokens.entries())
      given.push(
        await again(person, { label: `${n}`, tokens: bytes === null ? null : ciphertext(bytes) }),
      )
    const outcomes = await signInAll([await again(at(people, 0)), ...given])
    assert.deepEqual(new Set(words(outcomes)), new Set(['known']))
    const account = await accountOf(person)
    assert.deepEqual([account.label, account.tokens, account.version], ['3', tokens[3], 1])
    for (const { session: own } of given)
      assert.ok(await isLive(storage, keyOf(person.newUserId, own)))
  })

  for (const [what, lock] of [
    ['account', 'select 1 from torii.oauth_accounts where user_id = $1 for update'],
    ['user', 'select 1 from torii.users where id = $1 for update'],
  ] as const)
    test(`do not wait for an ${what} that a transaction has locked: only its caller does`, async () => {
      const [held, ...others] = await eachAgain(people.slice(0, 10))
      assert.ok(held !== undefined)
      const holder = await database.connect()
      await holder.query('begin')
      await holder.query(lock, [at(people, 0).newUserId])
      const leading = signIn(at(others, 0))
      let answered = false
      const waiting = signIn(held).finally(() => {
        answered = true
      })
      const rest = await Promise.all([leading, ...others.slice(1).map(signIn)])
      assert.deepEqual(new Set(words(rest)), new Set(['known']))
      assert.equal(answered, false)
      await holder.query('commit')
      assert.deepEqual(words([await waiting]), ['known'])
      assert.deepEqual(await usersOfState(held), [held.session.id])
    })

  test('are judged by what has happened while they waited for a state', async () => {
    const [usual, disabled, ended, unlinked] = [
      await newcomer(),
      await newcomer(),
      await newcomer(),
      await newcomer(),
    ]
    const given = await eachAgain([usual, disabled, ended, unlinked])
    const holder = await database.connect()
    await holder.query('begin')
    await holder.query(
      `insert into torii.used_oauth_states (state_hash, used_by, expires_at) values ($1, $2, now() + interval '1 hour')`,
      [at(given, 0).state?.hash, newUserId()],
    )
    const leading = signIn(await again(at(people, 0)))
    const waiting = given.map(signIn)
    await leading
    while ((await waitingForLocks()) === 0);
    await storage.users.disable(disabled.newUserId)
    await storage.sessions.revokeAll(ended.newUserId)
    await database.query('delete from torii.oauth_accounts where subject = $1', [unlinked.subject])
    await holder.query('rollback')
    const outcomes = words(await Promise.all(waiting))
    // The sessions of an ended epoch are dead on arrival; an email still leads to its owner.
    assert.deepEqual(outcomes, ['known', 'known', 'known', 'linked'])
    const live: boolean[] = []
    for (const [place, { newUserId: id }] of [usual, disabled, ended, unlinked].entries())
      live.push(await isLive(storage, keyOf(id, at(given, place).session)))
    assert.deepEqual(live, [true, false, false, true])
    assert.ok(operations().includes('oauth_accounts.signInKnownMany'))
  })

  test('at two processes with the same states: each state once, and no deadlock', async () => {
    const other = new PostgresStorage(pool, { log })
    for (let round = 0; round < 10; round += 1) {
      const mine = await eachAgain(people.slice(0, 20))
      const theirs = mine.map((person) => ({ ...person, session: session() })).reverse()
      const [ours, others] = await Promise.all([
        signInAll(mine),
        Promise.all(theirs.map((person) => other.oauthAccounts.signIn(person))),
      ])
      others.reverse()
      for (const [place, outcome] of ours.entries())
        assert.deepEqual(words([outcome, others[place] ?? assert.fail()]).sort(), [
          'invalid_token',
          'known',
        ])
    }
    assert.deepEqual(retried, [])
  })

  test('whose answers are lost are looked for each by itself: all are signed in, once', async () => {
    const given = await eachAgain(people.slice(0, 12))
    const before = await storage.sessions.list(at(people, 5).newUserId)
    observed.faults.push(null, 'cut')
    assert.deepEqual(new Set(words(await signInAll(given))), new Set(['known']))
    for (const [n, { session: own }] of given.entries())
      assert.ok(await isLive(storage, keyOf(at(people, n).newUserId, own)))
    const after = await storage.sessions.list(at(people, 5).newUserId)
    assert.equal(after.length, before.length + 1)
  })
})

test('in a transaction each is a statement of its own', async () => {
  const given = await eachAgain(people.slice(0, 3))
  observed.sent.length = 0
  await storage.transaction(async ({ oauthAccounts }) => {
    await Promise.all(given.map((person) => oauthAccounts.signIn(person)))
  })
  assert.deepEqual(
    operations().filter((name) => name.startsWith('oauth')),
    ['oauth_accounts.signInKnown', 'oauth_accounts.signInKnown', 'oauth_accounts.signInKnown'],
  )
})

async function waitingForLocks(): Promise<number> {
  return (
    await rows(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      [],
    )
  ).length
}
