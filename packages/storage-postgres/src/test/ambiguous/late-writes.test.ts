import assert from 'node:assert/strict'
import pg from 'pg'
import { newUserId } from 'torii-core'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { PgClient, PgPool } from '../../index.js'
import { PostgresStorage } from '../../index.js'
import { isLate } from '../../sql/late-writes.js'
import { everyStatement } from '../every-statement.test.support.js'
import { freshEmail } from '../races/people.test.support.js'
import type { Harness } from './ambiguous-operations.test.support.js'
import { outcomeOf, writingOperations } from './writing-operations.test.support.js'

/**
 * Sends the next statement of this name with another deadline than the storage gave it, as if it were delivered late.
 * `refusals` are the names of the statements that the server then refused as late.
 */
interface Delaying extends PgPool {
  delay: { name: string; until: 'past' | 'soon' } | null
  readonly refusals: string[]
}

let database: Awaited<ReturnType<typeof testDatabase>>
let pool: pg.Pool
let delaying: Delaying
let storage: PostgresStorage
let harness: Harness
let holder: pg.Client

beforeAll(async () => {
  database = await testDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 4 })
  holder = await database.connect()
  delaying = delayingPool(pool)
  storage = new PostgresStorage(delaying)
  harness = {
    observer: await PostgresStorage.connect(database.url),
    async value(text, values) {
      const { rows } = await database.query(text, values)
      return Object.values(rows[0] ?? {})[0]
    },
  }
})
afterAll(async () => {
  await Promise.all([pool.end(), harness.observer.close()])
})

function delayingPool(given: pg.Pool): Delaying {
  const wrapped = new WeakMap<pg.PoolClient, PgClient>()
  const delayed: Delaying = {
    delay: null,
    refusals: [],
    on: (event, listener) => given.on(event, listener),
    async connect() {
      const client = await given.connect()
      const known = wrapped.get(client) ?? wrap(client)
      wrapped.set(client, known)
      return known
    },
  }

  const wrap = (client: pg.PoolClient): PgClient => ({
    on: (event, listener) => client.on(event, listener),
    release: (error) => client.release(error),
    async query(query) {
      const { name } = query
      const isIt = delayed.delay !== null && name?.startsWith(`torii.${delayed.delay.name}.`)
      if (!isIt) return client.query(query)
      const seconds = delayed.delay?.until === 'past' ? -1 : 0.15
      delayed.delay = null
      const values = [...query.values.slice(0, -1), (await databaseTime()) + seconds]
      try {
        return await client.query({ ...query, values })
      } catch (error) {
        if (isLate(error)) delayed.refusals.push(name ?? '')
        throw error
      }
    },
  })
  return delayed
}

async function databaseTime(): Promise<number> {
  const { rows } = await database.query<{ now: number }>(
    `select date_part('epoch', clock_timestamp()) as now`,
  )
  return rows[0]?.now ?? assert.fail()
}

const neverRepeated = new Set(
  everyStatement().flatMap(({ name, onLostReply }) =>
    onLostReply?.action === 'throw' ? [name] : [],
  ),
)

/** Statements that run in a transaction end with it: they have no write deadline. */
const inTransaction = /^commit$/

for (const [index, operation] of writingOperations.entries()) {
  const { statement } = operation
  if (inTransaction.test(statement)) continue
  test(`${statement} (${index}) that comes after its deadline is refused as a whole, and sent again`, async () => {
    const { operation: call, effect } = await operation.prepare(harness)
    delaying.refusals.length = 0
    delaying.delay = { name: statement, until: 'past' }
    assert.equal(await outcomeOf(call(storage)), 'done')
    assert.deepEqual(
      delaying.refusals.map((name) => name.replace(/^torii\.|\.[0-9a-f]+$/g, '')),
      [statement],
    )
    const { once, twice = once } = operation
    // What is never repeated after a lost reply counts as not done there; a late write is repeated.
    assert.deepEqual(await effect(), neverRepeated.has(statement) ? twice : once)
  })
}

describe('a write deadline', () => {
  test('is looked at after every wait for a lock', async () => {
    const id = newUserId()
    await harness.observer.users.register({ id, email: freshEmail() })
    await holder.query('begin')
    await holder.query('select 1 from torii.users where id = $1 for update', [id])
    delaying.refusals.length = 0
    delaying.delay = { name: 'users.disable', until: 'soon' }
    const answer = storage.users.disable(id)
    // It begins in time and waits; the lock goes when the end has passed.
    while ((await waitingForLocks()) === 0);
    const began = await databaseTime()
    while ((await databaseTime()) < began + 0.3);
    await holder.query('rollback')
    assert.notEqual((await answer)?.disabledAt ?? null, null)
    assert.equal(delaying.refusals.length, 1)
  })

  test('does not exist in a transaction of the application, which ends with that', async () => {
    const id = newUserId()
    await database.query('begin')
    await storage.withClient({ query: database.query }).users.register({ id, email: freshEmail() })
    await database.query('commit')
    assert.ok((await harness.observer.users.find(id)) !== null)
  })

  test('leaves no row behind', async () => {
    const { rows } = await database.query('select count(*)::int as rows from torii.late_writes')
    assert.deepEqual(rows, [{ rows: 0 }])
    await assert.rejects(database.query('insert into torii.late_writes default values'), isLate)
  })
})

async function waitingForLocks(): Promise<number> {
  const { rows } = await database.query(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows.length
}
