import assert from 'node:assert/strict'
import pg from 'pg'
import type { NewSession, UserId } from 'torii-core'
import { newUserId, ToriiError } from 'torii-core'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import { type ObservedPool, observe } from '../../driver/batching/batching.test.support.js'
import { PostgresStorage } from '../../index.js'
import {
  isLive,
  keyOf,
  newSession,
  type Person,
  signUp,
} from '../../test/races/people.test.support.js'

let database: TestDatabase
let pool: pg.Pool
let observed: ObservedPool
let storage: PostgresStorage
let people: Person[]
beforeAll(async () => {
  database = await testDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 4 })
  observed = observe(pool)
  storage = new PostgresStorage(observed)
  people = await Promise.all(Array.from({ length: 40 }, () => signUp(storage)))
})
afterAll(() => pool.end())
beforeEach(() => {
  observed.sent.length = 0
})

const operations = () => observed.sent.map((name) => name.split('.')[2])
const openAll = (users: readonly UserId[], sessions: readonly NewSession[]) =>
  Promise.allSettled(
    users.map((user, n) => storage.sessions.open(user, sessions[n] ?? assert.fail())),
  )
const values = <T>(outcomes: readonly PromiseSettledResult<T>[]) =>
  outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason))
const fresh = (count: number) => Array.from({ length: count }, newSession)

describe('sessions that are opened at the same time', () => {
  test('are one statement for the first and one for all others, and each is its own', async () => {
    const given = people.map((_, n) => ({
      ...newSession(),
      methods: n % 2 ? (['password'] as const) : (['oauth', 'passkey'] as const),
      ip: n % 3 ? '192.0.2.7' : null,
      userAgent: n % 5 ? `"{Ü},\\${n}"` : null,
      idleSeconds: 1000 + n,
    }))
    const ids = people.map(({ id }) => id)
    const opened = values(await openAll(ids, given))
    assert.deepEqual(operations(), ['open', 'openMany'])
    for (const [n, outcome] of opened.entries()) {
      const [session, id] = [given[n] ?? assert.fail(), ids[n] ?? assert.fail()]
      assert.equal(outcome.ok, true)
      const { createdAt, expiresAt, absoluteExpiresAt, ...rest } = outcome.session
      assert.deepEqual(rest, {
        id: session.id,
        userId: id,
        methods: session.methods,
        level: 1,
        level2At: null,
        ip: session.ip,
        userAgent: session.userAgent,
        authenticatedAt: createdAt,
        lastActiveAt: createdAt,
      })
      assert.equal(expiresAt - createdAt, session.idleSeconds * 1000)
      assert.equal(absoluteExpiresAt - createdAt, session.absoluteSeconds * 1000)
      assert.ok(await isLive(storage, keyOf(id, session)))
    }
  })

  test('are refused each for themselves: a user who is unknown, one who is disabled', async () => {
    const [first, disabled, other] = await Promise.all([1, 2, 3].map(() => signUp(storage)))
    assert.ok(first && disabled && other)
    await storage.users.disable(disabled.id)
    const sessions = fresh(4)
    const users = [first.id, newUserId(), disabled.id, other.id]
    const outcomes = values(await openAll(users, sessions))
    assert.deepEqual(
      outcomes.map(({ ok, reason }) => reason ?? ok),
      [true, 'account_disabled', 'account_disabled', true],
    )
  })

  test('do not wait for a user whom someone holds: only that caller does', async () => {
    const [held, ...others] = people.slice(0, 10)
    assert.ok(held !== undefined)
    const holder = await database.connect()
    await holder.query('begin')
    await holder.query('select 1 from torii.users where id = $1 for update', [held.id])
    const [one, two] = [others[0] ?? assert.fail(), others.slice(1)]
    const leading = storage.sessions.open(one.id, newSession())
    let answered = false
    const waiting = storage.sessions.open(held.id, newSession()).finally(() => {
      answered = true
    })
    const rest = two.map(({ id }) => storage.sessions.open(id, newSession()))
    assert.ok((await Promise.all([leading, ...rest])).every(({ ok }) => ok))
    assert.equal(answered, false)
    await holder.query('commit')
    assert.equal((await waiting).ok, true)
  })

  test('fail each for themselves where an id is taken', async () => {
    const sessions = fresh(6)
    const taken = newSession()
    const [person] = people
    assert.ok(person !== undefined)
    await storage.sessions.open(person.id, taken)
    sessions[3] = { ...newSession(), id: taken.id }
    const outcomes = await openAll(
      sessions.map(() => person.id),
      sessions,
    )
    for (const [n, outcome] of outcomes.entries())
      if (n === 3) assert.ok(outcome.status === 'rejected' && outcome.reason instanceof ToriiError)
      else assert.ok(outcome.status === 'fulfilled' && outcome.value.ok)
    for (const [n, session] of sessions.entries())
      assert.equal(await isLive(storage, keyOf(person.id, session)), n !== 3)
  })

  test('whose answers are lost are looked for each by itself: all are open, once', async () => {
    const sessions = fresh(12)
    const users = sessions.map((_, n) => people[n]?.id ?? assert.fail())
    observed.faults.push(null, 'cut')
    assert.ok(values(await openAll(users, sessions)).every(({ ok }) => ok))
    for (const [n, session] of sessions.entries())
      assert.ok(await isLive(storage, keyOf(users[n] ?? assert.fail(), session)))
  })
})

test('in a transaction each is a statement of its own', async () => {
  await storage.transaction(async ({ sessions }) => {
    await Promise.all(people.slice(0, 3).map(({ id }) => sessions.open(id, newSession())))
  })
  const names = observed.sent.filter((name) => name.startsWith('torii.'))
  assert.deepEqual(
    names.map((name) => name.split('.')[2]),
    ['open', 'open', 'open'],
  )
})
