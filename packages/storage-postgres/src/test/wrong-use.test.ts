import assert from 'node:assert/strict'
import pg from 'pg'
import { InvalidInputError, InvalidOptionsError, newUserId, ToriiError } from 'torii-core'
import { testDatabase } from 'torii-testing'
import { afterAll, test } from 'vitest'
import { PostgresStorage } from '../index.js'

const { url } = await testDatabase()
const pool = new pg.Pool({ connectionString: url })
afterAll(() => pool.end())

/** What a program without types passes. */
const untyped = (value: unknown) => value as never

test('an unknown option is refused with the most similar one', async () => {
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof InvalidOptionsError && message.test(error.message)
  assert.throws(
    () => new PostgresStorage(pool, untyped({ schemas: 'app' })),
    refused(/^option schemas: is not an option; did you mean schema\?$/),
  )
  await assert.rejects(
    PostgresStorage.connect(url, untyped({ maxConnection: 5 })),
    refused(/did you mean maxConnections\?$/),
  )
  await assert.rejects(
    new PostgresStorage(pool).migrate(untyped({ grant: 'app' })),
    refused(/did you mean grantTo\?$/),
  )
})

test('a pool where a URL or a client is expected, and a client where a pool is, are refused in one sentence', async () => {
  await assert.rejects(
    PostgresStorage.connect(untyped(pool)),
    /^InvalidOptionsError: option url: must be a text; for a pool use new PostgresStorage\(pool\)$/,
  )
  const storage = new PostgresStorage(pool)
  assert.throws(
    () => storage.withClient(untyped(pool)),
    (error) =>
      error instanceof InvalidInputError &&
      /^client must be one connection, not a pool: take one with pool\.connect\(\)/.test(
        error.message,
      ),
  )
  for (const value of [undefined, {}, url])
    assert.throws(() => storage.withClient(untyped(value)), /^InvalidInputError: client must be/)
  assert.throws(
    () => new PostgresStorage(untyped(new pg.Client({ connectionString: url }))),
    /must be a Pool of pg, not a Client/,
  )
  const client = await pool.connect()
  assert.equal(await storage.withClient(client).users.find(newUserId()), null)
  client.release()
})

test('a pool that the application has closed is ERR_CLOSED at once, and the message says so', async () => {
  const closing = new pg.Pool({ connectionString: url })
  const storage = new PostgresStorage(closing)
  assert.equal(await storage.users.find(newUserId()), null)
  await closing.end()
  const started = performance.now()
  const closed = (error: unknown) =>
    error instanceof ToriiError &&
    error.code === 'ERR_CLOSED' &&
    /^the application closed the pool with pool\.end\(\): /.test(error.message)
  await assert.rejects(storage.users.find(newUserId()), closed)
  await assert.rejects(
    storage.users.register({ id: newUserId(), email: 'ada@example.com' }),
    closed,
  )
  await assert.rejects(
    storage.transaction(async () => null),
    closed,
  )
  assert.ok(performance.now() - started < 1000)
  assert.throws(() => new PostgresStorage(closing), /option pool: the application closed the pool/)
})
