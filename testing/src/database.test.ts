import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { testDatabase } from './database.js'

const program = fileURLToPath(new URL('../fixtures/run-fixtures.mjs', import.meta.url))

/** Runs a file that uses a database and has a test that fails, so that what the file has written is shown. */
function runFixture(changes: NodeJS.ProcessEnv): string {
  const input = JSON.stringify({ files: ['using-database.mjs'] })
  const env = { ...process.env, ...changes }
  return spawnSync(process.execPath, [program, input], { env, encoding: 'utf8' }).stdout
}

const countTables = `select count(*)::integer as n from pg_tables where schemaname = 'torii'`

test('a database is a copy of the template, an empty one is not', async () => {
  const full = await testDatabase()
  const empty = await testDatabase({ empty: true })
  assert.deepEqual((await empty.query(countTables)).rows, [{ n: 0 }])
  const { rows } = await full.query<{ n: number }>(countTables)
  assert.ok((rows[0]?.n ?? 0) > 0)
})

test('databases made at the same time are separate', async () => {
  const databases = await Promise.all(Array.from({ length: 4 }, () => testDatabase()))
  for (const { query } of databases) await query('create table public.mine ()')
  assert.equal(new Set(databases.map(({ name }) => name)).size, 4)
})

test('a database lives until the hooks of its file have run, then it is dropped', async () => {
  const { query } = await testDatabase({ empty: true })
  const output = runFixture({})
  assert.match(output, /^FAIL {2}using-database\.mjs {2}2 passed, 1 failed /m)
  const name = /database (torii_test_\w+)/.exec(output)?.[1]
  assert.ok(name, output)
  assert.deepEqual(
    (await query('select from pg_database where datname = $1::text', [name])).rows,
    [],
  )
})

test('a file without the server of a run is told how to run it', () => {
  const output = runFixture({ TORII_TEST_TEMPLATE: undefined })
  assert.match(output, /using-database\.mjs: the file itself\n.*use "npm test -- WORD"/)
})
