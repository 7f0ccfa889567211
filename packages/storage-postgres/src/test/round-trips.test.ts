import assert from 'node:assert/strict'
import pg from 'pg'
import type { UserId } from 'torii-core'
import { newAuditEventId, newSessionId, newUserId } from 'torii-core'
import { isClockQuestion, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { PgClient, PgPool } from '../index.js'
import { PostgresStorage } from '../index.js'
import type { Person } from './races/people.test.support.js'
import {
  actorOf,
  firstEpochs,
  freshEmail,
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  signUp,
  widePolicy,
} from './races/people.test.support.js'

let pool: pg.Pool
let storage: PostgresStorage
/** Names of the statements that were sent, in order. */
const sent: string[] = []
beforeAll(async () => {
  pool = new pg.Pool({ connectionString: (await testDatabase()).url, max: 4 })
  storage = new PostgresStorage(counting(pool))
})
afterAll(() => pool.end())

/** The application's pool, counting every statement that any of its clients is asked for. */
function counting(counted: pg.Pool): PgPool {
  const wrapped = new WeakMap<pg.PoolClient, PgClient>()
  const wrap = (client: pg.PoolClient): PgClient => ({
    on: (event, listener) => client.on(event, listener),
    release: (error) => client.release(error),
    query: (query) => {
      // Asked once for each connection, and once a minute.
      if (!isClockQuestion(query.text)) sent.push(query.name ?? query.text)
      return client.query(query)
    },
  })
  return {
    on: (event, listener) => counted.on(event, listener),
    async connect(): Promise<PgClient> {
      const client = await counted.connect()
      const known = wrapped.get(client) ?? wrap(client)
      wrapped.set(client, known)
      return known
    },
  }
}

const charges = () => ({
  account: { key: freshRateLimitKey(), policy: widePolicy },
  ipAddress: { key: freshRateLimitKey(), policy: widePolicy },
})
const mailCharges = () => ({ address: charges().account, ipAddress: charges().ipAddress })
const newEvent = (userId: UserId | null) => ({
  id: newAuditEventId(),
  type: 'signed_in',
  userId,
  sessionId: null,
  ip: null,
  userAgent: null,
  detail: {},
  retentionSeconds: 60,
})
const refund = () => ({ account: freshRateLimitKey(), ipAddress: freshRateLimitKey() })
const touch = { idleSeconds: 1000, touchSeconds: 1 }

type Call = (person: Person) => Promise<unknown>
type Repository = 'users' | 'sessions' | 'passwords' | 'rateLimits' | 'auditEvents'

/** Every method with good arguments, on someone new. */
const good: Record<Repository, Record<string, Call>> = {
  users: {
    register: () =>
      storage.users.register({
        id: newUserId(),
        email: freshEmail(),
        name: 'Ada',
        metadata: { a: 1 },
        passwordHash: freshPasswordHash(),
        session: newSession(),
        verification: { secretHash: freshSecretHash(), lifetimeSeconds: 600 },
      }),
    find: ({ id }) => storage.users.find(id),
    findByEmail: ({ email }) => storage.users.findByEmail(email),
    updateProfile: ({ id }) => storage.users.updateProfile(id, { name: 'Ada', metadata: {} }),
    update: ({ id }) => storage.users.update(id, { name: 'Ada', metadata: {} }, new Date()),
    verifyEmail: ({ id, email }) => storage.users.verifyEmail(id, email),
    disable: ({ id }) => storage.users.disable(id),
    enable: ({ id }) => storage.users.enable(id),
    delete: ({ id }) => storage.users.delete(id),
    list: () => storage.users.list({ limit: 2 }),
  },
  sessions: {
    open: ({ id }) => storage.sessions.open(id, newSession()),
    derive: (person) => storage.sessions.derive(actorOf(person), newSession()),
    validate: ({ key }) => storage.sessions.validate(key, { touchSeconds: 1 }),
    touch: ({ key }) => storage.sessions.touch(key, touch),
    list: ({ id }) => storage.sessions.list(id),
    listPage: ({ id }) => storage.sessions.listPage(id, { limit: 2 }),
    revoke: ({ id, key }) => storage.sessions.revoke(id, key.id),
    end: ({ key }) => storage.sessions.end(key),
    importMany: ({ id }) =>
      storage.sessions.importMany([
        {
          key: freshSecretHash(),
          userId: id,
          authenticatedAt: new Date(),
          expiresAt: new Date(Date.now() + 60_000),
          userAgent: null,
        },
      ]),
    openImported: () => storage.sessions.openImported(freshSecretHash(), newSession()),
    endImported: () => storage.sessions.endImported(freshSecretHash()),
    revokeOthers: (person) => storage.sessions.revokeOthers(actorOf(person)),
    revokeAll: ({ id }) => storage.sessions.revokeAll(id),
    rotate: ({ key }) => storage.sessions.rotate(key, freshSecretHash()),
    reauthenticate: ({ key }) =>
      storage.sessions.reauthenticate(key, {
        newSecretHash: freshSecretHash(),
        method: 'passkey',
        refund: refund(),
      }),
  },
  passwords: {
    findForSignIn: ({ email }) => storage.passwords.findForSignIn({ email, charges: charges() }),
    findForUser: ({ id }) => storage.passwords.findForUser({ userId: id, charges: charges() }),
    exists: ({ id }) => storage.passwords.exists(id),
    signIn: ({ id, hash }) =>
      storage.passwords.signIn({
        credential: { userId: id, hash, epochs: firstEpochs },
        session: newSession(),
        refund: refund(),
        rehash: freshPasswordHash(),
      }),
    set: (person) => storage.passwords.set(actorOf(person), freshPasswordHash()),
    change: (person) =>
      storage.passwords.change(actorOf(person), {
        verified: person.hash,
        next: freshPasswordHash(),
        refund: refund(),
      }),
    rehash: ({ id, hash }) =>
      storage.passwords.rehash(id, { verified: hash, next: freshPasswordHash() }),
    remove: (person) => storage.passwords.remove(actorOf(person), { mailSignIn: true }),
  },
  rateLimits: {
    charge: () => storage.rateLimits.charge(charges()),
    chargeMail: () => storage.rateLimits.chargeMail(mailCharges()),
    refund: () => storage.rateLimits.refund(refund()),
    giveBack: () => storage.rateLimits.giveBack([freshRateLimitKey(), freshRateLimitKey()]),
    unlock: () => storage.rateLimits.unlock(freshRateLimitKey()),
    status: () => storage.rateLimits.status(freshRateLimitKey()),
  },
  auditEvents: {
    record: ({ id }) => storage.auditEvents.record([newEvent(id), newEvent(null)]),
    list: ({ id }) => storage.auditEvents.list({ userId: id, limit: 2 }),
    count: () => storage.auditEvents.count({ intervals: 6, intervalSeconds: 10 }),
  },
}

const unknownPerson: Person = {
  id: newUserId(),
  email: freshEmail(),
  hash: freshPasswordHash(),
  key: { userId: newUserId(), id: newSessionId(), secretHash: freshSecretHash() },
}

const tableOf = (repository: string) =>
  repository.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)

/** What a JavaScript caller may hand over in the place of any argument. */
const hostile: readonly unknown[] = [
  undefined,
  null,
  7,
  '',
  '\0',
  '\ud800',
  'x'.repeat(2 ** 20),
  [],
  {},
  () => 1,
]

/** Methods whose arguments are all branded: these are checked where they are made, and only a missing one is refused. */
const branded = new Set([
  ...[
    'users.find',
    'users.disable',
    'users.enable',
    'users.delete',
    'sessions.list',
    'sessions.listPage',
  ],
  ...['sessions.revoke', 'sessions.revokeAll', 'sessions.endImported', 'passwords.exists'],
  ...['rateLimits.unlock', 'rateLimits.status'],
])
const missing: readonly unknown[] = [undefined, null]

/** A list may be asked for without any wish, except that of a user's sessions; an empty list of what to write needs no work. */
const isAllOfIt = (repository: string, method: string, query: unknown) =>
  ['record', 'giveBack', 'importMany'].includes(method)
    ? Array.isArray(query)
    : method === 'list' && repository !== 'sessions' && (query === undefined || isPlain(query))
const isPlain = (query: unknown) => typeof query === 'object' && query !== null

for (const [repository, calls] of Object.entries(good))
  describe(`storage.${repository}`, () => {
    test('every method is in the table', () => {
      const methods = Object.keys(Reflect.get(storage, repository))
      assert.deepEqual(methods.sort(), Object.keys(calls).sort())
    })

    for (const [method, call] of Object.entries(calls)) {
      test(`${method}: one statement, for a user and for an unknown id`, async () => {
        const person = await signUp(storage)
        for (const fixture of [person, unknownPerson]) {
          sent.length = 0
          await call(fixture)
          assert.equal(sent.length, 1, sent.join())
          assert.match(sent[0] ?? '', new RegExp(`^torii\\.${tableOf(repository)}\\.`))
        }
      })

      test(`${method}: none for bad arguments`, async () => {
        const target: unknown = Reflect.get(Reflect.get(storage, repository), method)
        assert.ok(typeof target === 'function')
        sent.length = 0
        for (const bad of branded.has(`${repository}.${method}`) ? missing : hostile) {
          if (isAllOfIt(repository, method, bad)) continue
          const answer = Promise.resolve(target(bad, bad))
          await assert.rejects(answer, { code: 'ERR_INVALID_INPUT' }, `${typeof bad} was taken`)
        }
        assert.deepEqual(sent, [])
      })
    }
  })

test('a transaction is begin, its statements and commit', async () => {
  const person = await signUp(storage)
  sent.length = 0
  await storage.transaction(async (tx) => {
    await tx.users.find(person.id)
    await tx.query('select 1')
  })
  assert.deepEqual(
    sent.map((text) => text.split('.')[0]),
    [
      'begin isolation level read committed; set local idle_in_transaction_session_timeout = 5000',
      'torii',
      'select 1',
      'commit',
    ],
  )
})
