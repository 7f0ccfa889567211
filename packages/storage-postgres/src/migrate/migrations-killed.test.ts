import assert from 'node:assert/strict'
import pg from 'pg'
import { catalogue, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { quietLog } from '../base/log.js'
import type { Driver } from '../driver/driver.js'
import { createPgDriver } from '../driver/pg-driver.js'
import type { PgClient, PgPool } from '../driver/pg-pool.js'
import type { Migration } from './migration.js'
import { migrations } from './migrations.generated.js'
import { type MigrationResult, migrate } from './migrations.js'

/**
 * Where a deployer dies: after so many statements, with the next one unsent; or after so many of those that
 * take effect at once, with the answer of the next one lost (any other one is rolled back, as if unsent).
 */
interface Death {
  readonly after: number
  readonly next: 'unsent' | 'unanswered'
}

const indexStep: Migration = {
  id: migrations.length + 1,
  name: 'two_indexes',
  checksum: '0'.repeat(64),
  transactional: false,
  sql: `create index concurrently if not exists users_name on :schema.users (name);
create index concurrently if not exists users_picture on :schema.users (picture);`,
}

const takesEffect = /^(commit|create (unique )?index concurrently|drop index concurrently)\b/

const connectionLost = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })

/** A pool whose process dies: from then on no connection answers, and all of them are cut. */
function mortalPool(
  url: string,
  death: Death,
): { pool: PgPool; died: Promise<true>; end(): Promise<void> } {
  const pool = new pg.Pool({ connectionString: url, max: 3 })
  const wrapped = new Map<pg.PoolClient, PgClient>()
  let sent = 0
  let dead = false
  let die = () => {}
  const died = new Promise<true>((resolve) => {
    die = () => {
      for (const client of wrapped.keys()) void client.end()
      resolve(true)
    }
  })

  const wrap = (client: pg.PoolClient): PgClient => ({
    async query(query) {
      if (dead) throw connectionLost()
      if (death.next === 'unsent' || takesEffect.test(query.text)) sent += 1
      if (sent <= death.after) return client.query(query)
      dead = true
      if (death.next === 'unanswered') await client.query(query).catch(() => undefined)
      die()
      throw connectionLost()
    },
    release: (error) => client.release(dead ? true : error),
    on: (event, listener) => client.on(event, listener),
  })

  return {
    pool: {
      async connect() {
        const client = await pool.connect()
        const known = wrapped.get(client) ?? wrap(client)
        wrapped.set(client, known)
        return known
      },
      on: (event, listener) => pool.on(event, listener),
    },
    died,
    end: () => pool.end(),
  }
}

const driverOver = (pool: PgPool, callMs = 10_000): Driver =>
  createPgDriver(pool, {
    schema: 'torii',
    prepare: true,
    acquireMs: 5000,
    callMs,
    log: quietLog(undefined),
  })

const migrateOver = (driver: Driver, list: readonly Migration[]): Promise<MigrationResult> =>
  migrate({
    driver,
    schema: '"torii"',
    migrations: list,
    lockTimeoutSeconds: 3,
    log: quietLog(undefined),
  })

/** For so long the dead ask in vain what became of a commit; half of it ends a transaction that is idle. */
const mortalCallMs = 2000
const lastWords: Promise<unknown>[] = []

/** Migrates until the given death; true when it came to that. */
async function dieMigrating(
  url: string,
  list: readonly Migration[],
  death: Death,
): Promise<boolean> {
  const { pool, died, end } = mortalPool(url, death)
  const said = migrateOver(driverOver(pool, mortalCallMs), list)
    .catch((error: unknown) => error)
    .finally(end)
  const hasDied = await Promise.race([died, said.then(() => false)])
  if (hasDied) lastWords.push(said)
  return hasDied
}

/** What those that have died said of it. */
async function hearLastWords(): Promise<void> {
  for (const error of await Promise.all(lastWords.splice(0))) {
    assert.ok(error instanceof Error, 'a migration whose connection was cut says so')
    assert.match(
      String(Reflect.get(error, 'code')),
      /^ERR_(OUTCOME_UNKNOWN|UNAVAILABLE|MIGRATION_FAILED)$/,
    )
  }
}

/** Statements that must at least have been cut at, so that no loop passes by doing nothing. */
const leastCuts = {
  indexes: { unsent: 12, unanswered: 3 },
  steps: { unsent: 100, unanswered: migrations.length },
} as const

describe('a deployer killed at any statement leaves a state from which the next one converges:', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
    await database.query(`insert into torii.users (id, name, picture)
      select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'name ' || n, null
      from generate_series(1, 2000) n`)
  })
  let pool: pg.Pool
  let healthy: Driver
  beforeAll(() => {
    pool = new pg.Pool({ connectionString: database.url, max: 3 })
    healthy = driverOver(pool)
  })
  afterAll(() => pool.end())

  const state = () => catalogue(database.query, 'torii')

  /** Migrates undisturbed and describes what is then there. */
  async function finish(list: readonly Migration[]): Promise<string> {
    const { version } = await migrateOver(healthy, list)
    assert.equal(version, list.length)
    const { rows } = await database.query(
      'select id, name, checksum from torii.torii_migrations order by id',
    )
    assert.deepEqual(
      rows,
      list.map(({ id, name, checksum }) => ({ id, name, checksum })),
    )
    return state()
  }

  for (const next of ['unsent', 'unanswered'] as const)
    test(`a step that builds indexes concurrently on a filled table, the last statement ${next}`, async () => {
      const list = [...migrations, indexStep]
      const start = async () => {
        await database.query(
          'drop index if exists torii.users_name; drop index if exists torii.users_picture',
        )
        await database.query('delete from torii.torii_migrations where id = $1', [indexStep.id])
      }
      await start()
      const whole = await finish(list)
      let cuts = 0
      for (;;) {
        await start()
        const died = await dieMigrating(database.url, list, { after: cuts, next })
        assert.equal(await finish(list), whole, `cut after ${cuts} statements`)
        if (!died) break
        cuts += 1
      }
      await hearLastWords()
      assert.ok(cuts >= leastCuts.indexes[next], `only ${cuts} statements`)
    })

  // These start from nothing and drop the filled table, so they come last. After each cut a step is there as a whole or not at all:
  // what the next deployer does from there is what one does that nothing has disturbed.
  for (const next of ['unsent', 'unanswered'] as const)
    test(`from nothing to the latest step, the last statement ${next}`, async () => {
      const drop = () => database.query('drop schema if exists torii cascade')
      assert.ok(migrations.every(({ transactional }) => transactional))
      await drop()
      const whole = [await state()]
      for (const { id } of migrations) whole.push(await finish(migrations.slice(0, id)))
      await drop()
      let cuts = 0
      for (const { id, name } of migrations) {
        const list = migrations.slice(0, id)
        for (let after = 0; ; after += 1) {
          const died = await dieMigrating(database.url, list, { after, next })
          const found = await state()
          if (!died) break
          assert.ok(
            [whole[id - 1], whole[id]].includes(found),
            `${name}, cut after ${after} statements`,
          )
          cuts += 1
        }
        assert.equal(await finish(list), whole[id])
      }
      await hearLastWords()
      assert.ok(cuts >= leastCuts.steps[next], `only ${cuts} statements`)
    })
})
