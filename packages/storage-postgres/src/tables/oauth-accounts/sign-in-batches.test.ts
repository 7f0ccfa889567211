import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { NewSession, OAuthSignIn, OAuthSignInOutcome, OAuthStateKey, UserId } from 'torii-core'
import { ciphertext, newOAuthAccountId, newUserId, tokenHash } from 'torii-core'
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
  signUp,
} from '../../test/races/people.test.support.js'
import { createRetryLog } from '../../test/retry-log.test.support.js'

let database: TestDatabase
let pool: pg.Pool
let observed: ObservedPool
let storage: PostgresStorage
let people: OAuthSignIn[]
const { retried, log } = createRetryLog()
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

/** Someone who has never signed in. */
async function stranger(given: Partial<OAuthSignIn> = {}): Promise<OAuthSignIn> {
  return {
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
    ...given,
  }
}

/** Someone who has signed in once. */
async function newcomer(): Promise<OAuthSignIn> {
  const person = await stranger()
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

const strangers = async (count: number) => {
  const all: OAuthSignIn[] = []
  for (let n = 0; n < count; n += 1) all.push(await stranger())
  return all
}

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
const accountsOf = (persons: readonly OAuthSignIn[]) =>
  rows('select 1 from torii.oauth_accounts where subject = any ($1::text[])', [
    persons.map(({ subject }) => subject),
  ])
const usersOf = (email: string | null) =>
  rows('select 1 from torii.users where email = $1', [email])
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
        level: 1,
        level2At: null,
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
    ['an account', 'select 1 from torii.oauth_accounts where user_id = $1 for update'],
    ['a user', 'select 1 from torii.users where id = $1 for update'],
  ] as const)
    test(`do not wait for ${what} that a transaction has locked: only its caller does`, async () => {
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

  test('at two processes with the same states in another order: each state once, and no deadlock', async () => {
    const other = new PostgresStorage(pool, { log })
    const { expiresAt, globalEpoch } = await startedFlow()
    // The second of three is held, so both have begun when it is let go.
    const states = [1, 2, 3].map((first) => {
      const bytes = randomBytes(32).fill(first, 0, 1)
      return { hash: tokenHash(bytes), expiresAt, globalEpoch }
    })
    const mine: OAuthSignIn[] = []
    const theirs: OAuthSignIn[] = []
    for (const [n, state] of states.entries()) {
      mine.push(await again(at(people, n), { state }))
      theirs.unshift(await again(at(people, 10 + n), { state }))
    }
    const leading = [await again(at(people, 20)), await again(at(people, 21))] as const
    const holder = await database.connect()
    await holder.query('begin')
    await holder.query(
      `insert into torii.used_oauth_states (state_hash, used_by, expires_at) values ($1, $2, now() + interval '1 hour')`,
      [states[1]?.hash, newUserId()],
    )
    const ours = signInAll([leading[0], ...mine])
    while ((await waitingForLocks()) < 1);
    const others = Promise.all(
      [leading[1], ...theirs].map((person) => other.oauthAccounts.signIn(person)),
    )
    while ((await waitingForLocks()) < 2);
    await holder.query('rollback')
    const [, ...first] = words(await ours)
    const [, ...second] = words(await others)
    assert.deepEqual(retried, [])
    for (const [n, word] of first.entries())
      assert.deepEqual([word, second[2 - n]].sort(), ['invalid_token', 'known'])
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

const createdTogether = [
  'oauth_accounts.signInKnown',
  'oauth_accounts.signInKnownMany',
  'oauth_accounts.signInNew',
  'oauth_accounts.signInNewMany',
]

/** Starts with one who is sent alone, so that all others share a statement. */
const inCompany = async (given: readonly OAuthSignIn[]) => {
  const leading = await stranger()
  observed.sent.length = 0
  const [, ...outcomes] = await signInAll([leading, ...given])
  return outcomes
}

describe('new identities that sign in at the same time', () => {
  test('are created by one statement, and each is its own', async () => {
    const given: OAuthSignIn[] = []
    for (let n = 0; n < 20; n += 1)
      given.push(
        await stranger({
          label: n % 3 ? `"{Ü},\\${n}"` : null,
          tokens: n % 4 ? ciphertext(randomBytes(n + 1)) : null,
          name: n % 3 ? `Ada ${n}` : null,
          picture: n % 4 ? `https://example.com/${n}.png` : null,
          ...(n % 5 ? {} : { state: null }),
          ...(n % 3 ? {} : { emailVerified: false }),
        }),
      )
    const outcomes = await inCompany(given)
    // How many share a statement depends on how fast the server answers those before them.
    assert.deepEqual([...new Set(operations())].sort(), createdTogether)
    assert.ok(operations().length < 10, operations().join())
    for (const [n, outcome] of outcomes.entries()) {
      const mine = at(given, n)
      assert.ok(outcome.ok && outcome.how === 'created')
      const { user } = outcome
      const email = mine.emailVerified ? mine.email : null
      assert.deepEqual(
        [user.id, user.email, user.emailVerified, user.name, user.picture],
        [mine.newUserId, email, email !== null, mine.name, mine.picture],
      )
      assert.equal(outcome.session.id, mine.session.id)
      assert.ok(await isLive(storage, keyOf(mine.newUserId, mine.session)))
      assert.deepEqual(await storage.users.find(mine.newUserId), user)
      const found = await storage.users.findByEmail(mine.email ?? '')
      assert.equal(found?.id, email === null ? undefined : mine.newUserId)
      const { user_id: owner, label, tokens } = await accountOf(mine)
      assert.deepEqual([owner, label, tokens], [mine.newUserId, mine.label, mine.tokens])
      if (mine.state) assert.deepEqual(await usersOfState(mine), [mine.session.id])
    }
  })

  test('are judged each for themselves by their email, their identity and their state', async () => {
    const [owner, disabled] = [await newcomer(), await newcomer()]
    await storage.users.disable(disabled.newUserId)
    const squatted = await signUp(storage, { emailVerified: false })
    const used = await startedFlow()
    await storage.oauthStates.use(used)
    const first = await stranger()
    const given = [
      first,
      await stranger({ email: first.email }),
      await again(first, { email: freshEmail() }),
      await stranger({ email: owner.email }),
      await stranger({ email: owner.email, emailVerified: false }),
      await stranger({ email: disabled.email }),
      await stranger({ email: squatted.email }),
      await stranger({ state: used }),
      await stranger({
        state: { ...(await startedFlow()), expiresAt: new Date(Date.now() - 1000) },
      }),
    ]
    const outcomes = await inCompany(given)
    assert.ok(operations().includes('oauth_accounts.signInNewMany'))
    const said = words(outcomes)
    // Two of them share an email and two an identity, whoever comes first.
    assert.ok(said.slice(0, 3).every((word) => ['created', 'linked', 'known'].includes(word)))
    assert.equal((await accountsOf([first, at(given, 1)])).length, 2)
    assert.equal((await usersOf(first.email)).length, 1)
    assert.deepEqual(said.slice(3), [
      'linked',
      'created',
      'account_disabled',
      'took_over',
      'invalid_token',
      'invalid_token',
    ])
    for (const person of given.slice(7)) {
      assert.equal(await storage.users.find(person.newUserId), null)
      assert.equal(await storage.users.findByEmail(person.email ?? ''), null)
    }
  })

  test('T1.4 with one state: the first of them in company, and no other', async () => {
    const state = await startedFlow()
    const given = (await strangers(20)).map((person) => ({ ...person, state }))
    const outcomes = await inCompany(given)
    assert.equal(words(outcomes).filter((word) => word === 'created').length, 1)
    assert.equal(words(outcomes).filter((word) => word === 'invalid_token').length, 19)
    const made = await rows('select 1 from torii.users where id = any ($1::uuid[])', [
      given.map(({ newUserId: id }) => id),
    ])
    assert.equal(made.length, 1)
  })

  for (const taken of ['email', 'identity'] as const)
    test(`are sent each alone when another transaction takes the ${taken} of one of them`, async () => {
      const given = await strangers(8)
      const mine = at(given, 4)
      const owner = await signUp(storage)
      const holder = await database.connect()
      await holder.query('begin')
      if (taken === 'email')
        await holder.query('insert into torii.user_emails (email_key, user_id) values ($1, $2)', [
          mine.email,
          owner.id,
        ])
      else
        await holder.query(
          `insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch) values ('google', $1, $2, $3, 0)`,
          [mine.subject, newOAuthAccountId(), owner.id],
        )
      const answer = inCompany(given)
      while ((await waitingForLocks()) === 0);
      await holder.query('commit')
      const said = words(await answer)
      // The email in this test belongs to a user who has another one, and is not let in by it.
      assert.deepEqual(said.splice(4, 1), [taken === 'email' ? 'account_disabled' : 'known'])
      assert.deepEqual(new Set(said), new Set(['created']))
      assert.ok(operations().filter((name) => name === 'oauth_accounts.signInNew').length >= 8)
    })

  test('at two processes with the same people: each is created once, and no deadlock', async () => {
    const other = new PostgresStorage(pool, { log })
    for (let round = 0; round < 10; round += 1) {
      const mine = await strangers(20)
      const theirs: OAuthSignIn[] = []
      for (const [n, person] of mine.entries())
        theirs.push(await again(person, n % 2 ? {} : { subject: randomBytes(8).toString('hex') }))
      theirs.reverse()
      const [ours, others] = await Promise.all([
        signInAll(mine),
        Promise.all(theirs.map((person) => other.oauthAccounts.signIn(person))),
      ])
      others.reverse()
      for (const [place, outcome] of ours.entries()) {
        const [made, second = ''] = words([outcome, others[place] ?? assert.fail()]).sort()
        assert.equal(made, 'created')
        assert.ok(second === 'linked' || (place % 2 === 1 && second === 'known'), second)
        assert.equal((await usersOf(at(mine, place).email)).length, 1)
      }
    }
    assert.deepEqual(retried, [])
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
