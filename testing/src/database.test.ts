import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { testDatabase } from './database.js'

const program = fileURLToPath(new URL('../fixtures/run-fixtures.mjs', import.meta.url))

/** Runs files that use a database and fail, so that what they have written is shown. */
function runFixtures(files: readonly string[], changes: NodeJS.ProcessEnv = {}): string {
  const input = JSON.stringify({ files })
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
  const output = runFixtures(['using-database.mjs'])
  assert.match(output, /^FAIL {2}using-database\.mjs {2}2 passed, 1 failed /m)
  const name = /database (torii_test_\w+)/.exec(output)?.[1]
  assert.ok(name, output)
  assert.deepEqual(
    (await query('select from pg_database where datname = $1::text', [name])).rows,
    [],
  )
})

test('files that share a process are each searched for their own secrets, and each one’s database is dropped', async () => {
  const files = ['sharing-a.mjs', 'sharing-b.mjs', 'sharing-c.mjs']
  const output = runFixtures(files)
  for (const file of files)
    assert.match(
      output,
      new RegExp(
        `${file}: the file itself\\n.*secrets that were issued here lie in clear in public`,
      ),
    )
  assert.match(output, /^tests: 3 passed, 3 failed, 0 skipped$/m)
  const lines = [...output.matchAll(/process (\d+) database (\w+)/g)]
  assert.equal(lines.length, 3)
  assert.equal(new Set(lines.map(([, process]) => process)).size, 2)
  const { query } = await testDatabase({ empty: true })
  const { rows } = await query('select from pg_database where datname = any($1::text[])', [
    lines.map(([, , name]) => name),
  ])
  assert.deepEqual(rows, [])
})

test('a file without the server of a run is told how to run it', () => {
  const output = runFixtures(['using-database.mjs'], { TORII_TEST_TEMPLATE: undefined })
  assert.match(output, /using-database\.mjs: the file itself\n.*use "npm test -- WORD"/)
})
