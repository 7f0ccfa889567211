import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { testDatabase } from './database.js'

const program = fileURLToPath(new URL('../fixtures/using-database.mjs', import.meta.url))

function runFixture(changes: NodeJS.ProcessEnv) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return spawnSync(process.execPath, ['--test-reporter=tap', program], {
    env: { ...env, ...changes },
    encoding: 'utf8',
  })
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
  const { stdout, status } = runFixture({})
  assert.equal(status, 0, stdout)
  const name = /database (torii_test_\w+)/.exec(stdout)?.[1]
  assert.ok(name)
  assert.deepEqual(
    (await query('select from pg_database where datname = $1::text', [name])).rows,
    [],
  )
})

test('a file run by hand is told how to run it', () => {
  const { stdout, status } = runFixture({ TORII_TEST_TEMPLATE: undefined })
  assert.equal(status, 1)
  assert.match(stdout, /use "npm test -- .*using-database/)
})
