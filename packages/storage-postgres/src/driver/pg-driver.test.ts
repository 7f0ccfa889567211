import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import pg from 'pg'
import { newUserId, ToriiError } from 'torii-core'
import type { TestDatabase, TestServer } from 'torii-testing'
import { startServer, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { StorageLogEvent } from '../index.js'
import { PostgresStorage } from '../index.js'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})

const freshEmail = () => `${randomBytes(6).toString('hex')}@example.com`

/** A pool of the application's own, closed after the test. */
function openPool(
  t: { onTestFinished(work: () => Promise<void>): void },
  options: pg.PoolConfig = {},
): pg.Pool {
  const pool = new pg.Pool({ connectionString: db.url, max: 2, ...options })
  t.onTestFinished(() => pool.end())
  return pool
}

/** The coded error of `act`, which holds neither the password of the URL nor an address. */
async function errorOf(operation: Promise<unknown>): Promise<ToriiError> {
  const error = await operation.then(
    () => assert.fail('nothing failed'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ToriiError, inspect(error))
  const shown = `${inspect(error, { showHidden: true, depth: 9 })}${JSON.stringify(error)}`
  assert.ok(!shown.includes(new URL(db.url).password) && !shown.includes('@example.com'))
  return error
}

describe('waiting for a connection', () => {
  test('ends by its deadline, and the connection that comes late goes back to the pool', async (t) => {
    const pool = openPool(t, { max: 1 })
    const storage = new PostgresStorage(pool, { acquireSeconds: 0.1 })
    const held = await pool.connect()
    const error = await errorOf(storage.users.find(newUserId()))
    assert.equal(error.code, 'ERR_UNAVAILABLE')
    held.release()
    assert.equal(await storage.users.find(newUserId()), null)
    assert.deepEqual([pool.totalCount, pool.idleCount, pool.waitingCount], [1, 1, 0])
  })

  test('a crowd on a small pool is all answered', async (t) => {
    const storage = new PostgresStorage(openPool(t))
    const found = await Promise.all(
      Array.from({ length: 500 }, () => storage.users.find(newUserId())),
    )
    assert.ok(found.every((user) => user === null))
  })
})

async function waitingForLocks(): Promise<number> {
  const { rows } = await db.query(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows.length
}

describe('a statement that is not answered in time', () => {
  const slow = { acquireSeconds: 5, callSeconds: 2 }

  test('is canceled on the server, and what it belongs to is rolled back', async (t) => {
    const pool = openPool(t)
    const storage = new PostgresStorage(pool, slow)
    const id = newUserId()
    await storage.users.register({ id, email: freshEmail() })
    const holder = await db.connect()
    await holder.query('begin')
    await holder.query('select 1 from torii.users where id = $1 for update', [id])
    const error = await errorOf(storage.transaction((tx) => tx.users.disable(id)))
    assert.equal(error.code, 'ERR_CONTENTION')
    assert.equal(await waitingForLocks(), 0)
    await holder.query('rollback')
    assert.equal(pool.totalCount, pool.idleCount)
    assert.equal((await storage.users.find(id))?.disabledAt, null)
  })

  test('is tried again until its call ends, and leaves no work on the server', async (t) => {
    const events: StorageLogEvent[] = []
    const storage = new PostgresStorage(openPool(t), {
      ...slow,
      log: (event) => events.push(event),
    })
    await storage.users.find(newUserId())
    const holder = await db.connect()
    await holder.query('begin; lock table torii.users in access exclusive mode')
    const error = await errorOf(storage.users.find(newUserId()))
    // Which of the two depends on whether the server confirms the last cancellation in time.
    assert.ok(['ERR_CONTENTION', 'ERR_UNAVAILABLE'].includes(error.code), error.code)
    while ((await waitingForLocks()) > 0);
    await holder.query('rollback')
    assert.ok(events.filter(({ event }) => event === 'retried').length >= 1)
    assert.equal(await storage.users.find(newUserId()), null)
  })
})

describe('a connection that breaks', () => {
  test('while idle does not end the process, and the next call works', async (t) => {
    const pool = openPool(t)
    const storage = new PostgresStorage(pool)
    await storage.users.find(newUserId())
    await db.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    assert.equal(await storage.users.find(newUserId()), null)
  })

  test('in a transaction is thrown away, and what is said of it holds no value', async (t) => {
    const pool = openPool(t)
    const storage = new PostgresStorage(pool)
    const operation = storage.transaction(async (tx) => {
      await tx.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined)
      await tx.users.register({ id: newUserId(), email: freshEmail() })
    })
    assert.equal((await errorOf(operation)).code, 'ERR_OUTCOME_UNKNOWN')
    assert.equal(pool.totalCount, pool.idleCount)
  })

  test('because the server was killed: the pool heals when it is back', async () => {
    const server: TestServer = await startServer({
      settings: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
    })
    try {
      const storage = await PostgresStorage.connect(server.url, { acquireSeconds: 0.5 })
      await storage.migrate()
      const id = newUserId()
      await storage.users.register({ id, email: freshEmail() })
      await server.kill()
      await assert.rejects(storage.users.find(id), { code: 'ERR_UNAVAILABLE' })
      await server.restart()
      assert.ok((await storage.users.find(id)) !== null)
      await storage.close()
    } finally {
      await server.stop()
    }
  })
})

describe('work that was not committed', () => {
  test('a lock that did not come in time is tried again, and the effect happens once', async (t) => {
    let refused = (_event: StorageLogEvent) => {}
    const oneRefusal = new Promise<StorageLogEvent>((resolve) => {
      refused = resolve
    })
    const storage = new PostgresStorage(openPool(t, { lock_timeout: 250 }), {
      log: (event) => event.event === 'retried' && refused(event),
    })
    const id = newUserId()
    await storage.users.register({ id, email: freshEmail() })
    const holder = await db.connect()
    await holder.query('begin')
    await holder.query('select 1 from torii.users where id = $1 for update', [id])
    const disabling = storage.users.disable(id)
    assert.deepEqual(await oneRefusal, {
      level: 'warn',
      event: 'retried',
      operation: 'users.disable',
      code: 'not-committed',
      sqlState: '55P03',
    })
    await holder.query('commit')
    assert.ok((await disabling)?.disabledAt instanceof Date)
    const { rows } = await db.query('select session_epoch from torii.users where id = $1', [id])
    assert.deepEqual(rows, [{ session_epoch: 1 }])
  })

  test('a cached plan that no longer fits is made again', async (t) => {
    const storage = new PostgresStorage(openPool(t, { max: 1 }))
    const id = newUserId()
    await storage.users.register({ id, email: freshEmail() })
    assert.ok((await storage.users.find(id)) !== null)
    await db.query('alter table torii.users alter column name type varchar(900)')
    assert.equal((await storage.users.find(id))?.id, id)
    await db.query('alter table torii.users alter column name type text')
    assert.equal((await storage.users.find(id))?.id, id)
  })
})

describe('transaction', () => {
  test('rolls back and throws the very error of its work', async (t) => {
    const storage = new PostgresStorage(openPool(t, { max: 1 }))
    const id = newUserId()
    const mine = new Error('mine')
    const operation = storage.transaction(async (tx) => {
      await tx.users.register({ id, email: freshEmail() })
      throw mine
    })
    await assert.rejects(operation, (error) => error === mine)
    assert.equal(await storage.users.find(id), null)
  })

  test('a failed statement that its work swallowed is no silent commit', async (t) => {
    const storage = new PostgresStorage(openPool(t, { max: 1 }))
    const id = newUserId()
    const operation = storage.transaction(async (tx) => {
      await tx.users.register({ id, email: freshEmail() })
      await tx.query('select nothing').catch(() => undefined)
    })
    assert.equal((await errorOf(operation)).code, 'ERR_MISUSE')
    assert.equal(await storage.users.find(id), null)
  })

  test('commits its rows together with the rows of the application', async (t) => {
    const storage = new PostgresStorage(openPool(t))
    await db.query('create table customers (user_id uuid references torii.users (id))')
    const id = newUserId()
    await storage.transaction(async (tx) => {
      await tx.users.register({ id, email: freshEmail() })
      await tx.query('insert into customers values ($1)', [id])
    })
    assert.equal(
      (await db.query('select 1 from customers where user_id = $1', [id])).rows.length,
      1,
    )
  })

  test('calls at once go one after the other on its one connection', async (t) => {
    const warnings: string[] = []
    const onWarning = ({ message }: Error) => warnings.push(message)
    process.on('warning', onWarning)
    const storage = new PostgresStorage(openPool(t, { max: 1 }))
    const made = await storage.transaction((tx) =>
      Promise.all(
        Array.from({ length: 10 }, () =>
          tx.users.register({ id: newUserId(), email: freshEmail() }),
        ),
      ),
    )
    assert.ok(made.every(({ ok }) => ok))
    process.off('warning', onWarning)
    assert.deepEqual(warnings, [])
  })

  test('what is kept of it cannot be used after it', async (t) => {
    const storage = new PostgresStorage(openPool(t))
    const kept = await storage.transaction(async (tx) => tx)
    assert.equal((await errorOf(kept.users.find(newUserId()))).code, 'ERR_MISUSE')
    assert.equal((await errorOf(kept.query('select 1'))).code, 'ERR_MISUSE')
  })
})

describe('close', () => {
  test('waits for what is under way, refuses what comes later, leaves the pool open', async (t) => {
    const pool = openPool(t)
    const storage = new PostgresStorage(pool)
    const id = newUserId()
    const registering = storage.users.register({ id, email: freshEmail() })
    await storage.close()
    assert.ok((await registering).ok)
    assert.equal((await errorOf(storage.users.find(id))).code, 'ERR_CLOSED')
    assert.equal((await pool.query('select 1 as one')).rows.length, 1)
  })
})

describe('the log hook', () => {
  let events: StorageLogEvent[]
  afterAll(() => {
    for (const event of events) assert.ok(!JSON.stringify(event).includes('@example.com'))
  })

  test('hears of retries without values, and one that throws breaks nothing', async (t) => {
    events = []
    const storage = new PostgresStorage(openPool(t, { lock_timeout: 30 }), {
      log(event) {
        events.push(event)
        throw new Error('broken hook')
      },
    })
    const holder = await db.connect()
    await holder.query('begin; lock table torii.users in access exclusive mode')
    const error = await errorOf(storage.users.findByEmail(freshEmail()))
    await holder.query('rollback')
    assert.equal(error.code, 'ERR_CONTENTION')
    assert.ok(events.length > 0)
  })
})
