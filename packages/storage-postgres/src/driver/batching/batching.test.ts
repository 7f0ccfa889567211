import assert from 'node:assert/strict'
import pg from 'pg'
import type { SessionKey } from 'torii-core'
import { newSessionId, ToriiError } from 'torii-core'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import { PostgresStorage } from '../../index.js'
import type { Person } from '../../test/races/people.test.support.js'
import { freshSecretHash, isLive, signUp } from '../../test/races/people.test.support.js'
import { type ObservedPool, observe } from './batching.test.support.js'

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
  people = await Promise.all(Array.from({ length: 64 }, () => signUp(storage)))
})
afterAll(() => pool.end())
beforeEach(() => {
  observed.sent.length = 0
  observed.before = null
})

const validate = (key: SessionKey, over = storage) =>
  over.sessions.validate(key, { touchSeconds: 60 })
/** The operations that were sent: `validate`, `validateMany`. */
const operations = () => observed.sent.map((name) => name.split('.')[2])
const unknown = ({ key }: Person): SessionKey => ({ ...key, secretHash: freshSecretHash() })

/** Everybody at once; each must get their own session. */
async function all(over = storage): Promise<void> {
  const found = await Promise.all(people.map(({ key }) => validate(key, over)))
  assert.deepEqual(
    found.map((valid) => [valid?.user.id, valid?.session.id]),
    people.map(({ id, key }) => [id, key.id]),
  )
}

/** A validation without its time, which is another one each time. */
const stored = <Valid extends { validatedAt: Date }>(valid: Valid | null | undefined) =>
  valid == null ? null : { ...valid, validatedAt: null }

describe('concurrent validations', () => {
  test('are one statement for the first and one for all others', async () => {
    await all()
    assert.deepEqual(operations(), ['validate', 'validateMany'])
  })

  test('that follow each other stay far below one statement each', async () => {
    for (let round = 0; round < 10; round += 1) await all()
    assert.ok(operations().length <= 40, operations().join())
  })

  test('answer as single statements do, field by field', async () => {
    const single = new PostgresStorage(pool, { batchValidation: false })
    const [first, ...rest] = people.slice(0, 20)
    assert.ok(first !== undefined)
    const keys = [first.key, ...rest.map(({ key }) => key), unknown(first), first.key]
    const alone = await Promise.all(keys.map((key) => validate(key, single)))
    const [, ...together] = await Promise.all([first.key, ...keys].map((key) => validate(key)))
    assert.deepEqual(operations(), ['validate', 'validateMany'])
    assert.deepEqual(together.map(stored), alone.map(stored))
  })

  test('answer as single statements do whatever the rows hold', async () => {
    const odd = await Promise.all(Array.from({ length: 4 }, () => signUp(storage)))
    const [plain, named, bare, many] = odd.map(({ id }) => id)
    await database.query(
      `update torii.users set name = $2, picture = $3, metadata = $4, email_verified_at = null where id = $1`,
      [
        named,
        '{"Ada", \\N}\n',
        'https://example.com/ü?a=1,2',
        { __proto__: [1.5, null, '\u2028'] },
      ],
    )
    await database.query(
      'update torii.users set email = null, email_key = null, email_verified_at = null where id = $1',
      [bare],
    )
    await database.query(
      'update torii.sessions set ip = null, user_agent = null where user_id = $1',
      [bare],
    )
    await database.query(
      `update torii.sessions set methods = '{password,magic_link,oauth,passkey}', user_agent = '', expires_at = absolute_expires_at - interval '0.0005 seconds' where user_id = $1`,
      [many],
    )
    assert.ok(plain !== undefined)
    const single = new PostgresStorage(pool, { batchValidation: false })
    const keys = odd.map(({ key }) => key)
    const alone = await Promise.all(keys.map((key) => validate(key, single)))
    const [, ...together] = await Promise.all([keys[0], ...keys].map((key) => key && validate(key)))
    assert.deepEqual(operations().slice(-2), ['validate', 'validateMany'])
    assert.deepEqual(together.map(stored), alone.map(stored))
  })

  test('each have their own touchSeconds and recentSeconds', async () => {
    const [person] = people
    assert.ok(person !== undefined)
    await database.query(
      `update torii.sessions set last_active_at = last_active_at - interval '100 seconds',
        authenticated_at = authenticated_at - interval '100 seconds' where id = $1`,
      [person.key.id],
    )
    const seconds = [1, 99, 1000, 3000, 50]
    const found = await Promise.all([
      ...seconds.map((touchSeconds) =>
        storage.sessions.validate(person.key, { touchSeconds, recentSeconds: touchSeconds }),
      ),
      validate(person.key),
    ])
    assert.deepEqual(operations(), ['validate', 'validateMany'])
    assert.deepEqual(
      found.map((valid) => valid?.touchDue),
      [true, true, false, false, true, true],
    )
    assert.deepEqual(
      found.map((valid) => valid?.recent),
      [false, false, true, true, false, false],
    )
  })

  test('see what was done before they were called', async () => {
    for (let round = 0; round < 5; round += 1) {
      const person = await signUp(storage)
      const around = all()
      assert.ok(await isLive(storage, person.key))
      await storage.sessions.end(person.key)
      assert.equal(await validate(person.key), null)
      await around
    }
  })

  test('beyond a batch go in several of at most 256', async () => {
    const keys = Array.from({ length: 1000 }, (_, n) => people[n % people.length]?.key)
    const sizes: number[] = []
    const seen = observe(pool)
    const counting = new PostgresStorage({
      on: seen.on,
      async connect() {
        const client = await seen.connect()
        return {
          on: (event, listener) => client.on(event, listener),
          release: (error) => client.release(error),
          query(query) {
            const [ids] = query.values
            if (Buffer.isBuffer(ids)) sizes.push(ids.readInt32BE(12))
            return client.query(query)
          },
        }
      },
    })
    const found = await Promise.all(keys.map((key) => key && validate(key, counting)))
    assert.deepEqual(
      found.map((valid) => valid?.session.id),
      keys.map((key) => key?.id),
    )
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      999,
    )
    assert.ok(Math.max(...sizes) === 256, sizes.join())
  })
})

describe('a statement each', () => {
  test('for a caller that comes alone', async () => {
    for (const { key } of people.slice(0, 5)) await validate(key)
    assert.deepEqual(operations(), Array(5).fill('validate'))
  })

  test('where batches are turned off', async () => {
    await all(new PostgresStorage(observed, { batchValidation: false }))
    assert.deepEqual(operations(), Array(64).fill('validate'))
  })

  test('in a transaction, and over a client of the application', async () => {
    await storage.transaction(async ({ sessions }) => {
      const found = await Promise.all(
        people.slice(0, 5).map(({ key }) => sessions.validate(key, { touchSeconds: 60 })),
      )
      assert.ok(found.every((valid) => valid !== null))
    })
    assert.deepEqual(
      observed.sent.filter((name) => name.startsWith('torii.')).map((name) => name.split('.')[2]),
      Array(5).fill('validate'),
    )
    const texts: string[] = []
    const { sessions } = storage.withClient({
      query(text, values) {
        texts.push(text)
        return pool.query(text, values)
      },
    })
    await Promise.all(
      people.slice(0, 5).map(({ key }) => sessions.validate(key, { touchSeconds: 60 })),
    )
    assert.deepEqual(texts, Array(5).fill(texts[0]))
  })

  test('for all of a batch in which one row is damaged: only its owner is told', async (t) => {
    const role = `reader_${database.name}`
    const [, , broken] = people
    assert.ok(broken !== undefined)
    await database.query(`create role ${role} login password 'of a test only'`)
    await storage.migrate({ grantTo: role })
    await database.query(`create function readable(id uuid) returns bool language plpgsql as $f$ begin
      if id = '${broken.id}' then raise exception 'damaged'; end if; return true; end $f$`)
    const url = new URL(database.url)
    url.username = role
    url.password = 'of a test only'
    const reader = await PostgresStorage.connect(url.href)
    // From here on: a storage refuses to connect as a role that a policy restricts.
    await database.query('create policy readable on torii.users using (readable(id))')
    await database.query('alter table torii.users enable row level security')
    t.onTestFinished(async () => {
      await reader.close()
      await database.query('alter table torii.users disable row level security')
      await database.query(`drop owned by ${role}; drop role ${role}`)
    })
    const found = await Promise.allSettled(people.map(({ key }) => validate(key, reader)))
    for (const [n, outcome] of found.entries())
      if (people[n] === broken)
        assert.ok(outcome.status === 'rejected' && outcome.reason.code === 'ERR_STORAGE')
      else assert.ok(outcome.status === 'fulfilled' && outcome.value?.user.id === people[n]?.id)
  })
})

describe('a batch that fails', () => {
  test('tells every caller, each with a separate error, and answers no one', async () => {
    observed.faults.push(null, 'canceled')
    const outcomes = await Promise.allSettled(people.map(({ key }) => validate(key)))
    const [first, ...rest] = outcomes
    assert.equal(first?.status, 'fulfilled')
    const errors = rest.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : null))
    for (const error of errors) {
      assert.ok(error instanceof ToriiError)
      assert.equal(error.code, 'ERR_STATEMENT_ENDED')
    }
    assert.equal(new Set(errors).size, errors.length)
  })

  test('because its connection was lost is sent again', async () => {
    observed.faults.push(null, 'cut')
    await all()
    assert.deepEqual(operations(), ['validate', 'validateMany', 'validateMany'])
  })
})

test('two connections that hang hold up no one else', async () => {
  const impatient = new PostgresStorage(observed, { acquireSeconds: 0.5 })
  const holder = await database.connect()
  await holder.query('select pg_catalog.pg_advisory_lock(1)')
  let answered = 0
  let hung = 0
  observed.before = async (client) => {
    hung += 1
    if (hung <= 2) await client.query('select pg_catalog.pg_advisory_xact_lock_shared(1)')
  }
  const [one, two, ...rest] = people
  assert.ok(one !== undefined && two !== undefined)
  const hanging = [one, two].map(({ key }) =>
    validate(key, impatient).finally(() => (answered += 1)),
  )
  while (hung < 2) await new Promise(setImmediate)
  const found = await Promise.all(rest.map(({ key }) => validate(key, impatient)))
  assert.ok(found.every((valid) => valid !== null))
  assert.equal(answered, 0)
  await holder.query('select pg_catalog.pg_advisory_unlock(1)')
  assert.ok((await Promise.all(hanging)).every((valid) => valid !== null))
})

test('more callers than may wait are refused at once, the others are answered', async () => {
  const [person] = people
  assert.ok(person !== undefined)
  const calls = Array.from({ length: 16_390 }, () => validate(person.key))
  const outcomes = await Promise.allSettled(calls)
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  assert.equal(refused.length, 5)
  for (const { reason } of refused as PromiseRejectedResult[]) {
    assert.equal(reason.code, 'ERR_UNAVAILABLE')
    assert.match(reason.message, /more than 16384 calls/)
  }
  assert.ok(
    outcomes.slice(0, -5).every((outcome) => outcome.status === 'fulfilled' && outcome.value),
  )
})

test('closing waits for callers that are still waiting for their batch', async () => {
  const closing = new PostgresStorage(observed)
  const calls = people.map(({ key }) => validate(key, closing))
  await closing.close()
  assert.ok((await Promise.all(calls)).every((valid) => valid !== null))
  await assert.rejects(validate({ ...(people[0] as Person).key, id: newSessionId() }, closing), {
    code: 'ERR_CLOSED',
  })
})
