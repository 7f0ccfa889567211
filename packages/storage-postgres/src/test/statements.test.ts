import assert from 'node:assert/strict'
import type pg from 'pg'
import { testDatabase } from 'torii-testing'
import { beforeAll, describe, test } from 'vitest'
import type { Statement } from '../sql/statement.js'
import { everyStatement } from './every-statement.test.support.js'

const statements = everyStatement()

/** What may stand before an opening bracket without being a function. */
const keywords = new Set(
  'values array lateral in from all exists coalesce greatest least select as any over filter and or not with materialized on set where when then else by conflict'.split(
    ' ',
  ),
)

test('the statements of all tables were found', () => {
  const tables = new Set(statements.map(({ name }) => name.split('.')[0]))
  assert.deepEqual([...tables].sort(), [
    'audit_events',
    'magic_links',
    'oauth_accounts',
    'oauth_states',
    'passkey_challenges',
    'passkeys',
    'passwords',
    'rate_limits',
    'readback',
    'second_factors',
    'sessions',
    'sweep',
    'users',
    'verification_tokens',
  ])
  assert.equal(new Set(statements.map(({ preparedName }) => preparedName)).size, statements.length)
})

describe('every statement', () => {
  let client: pg.Client
  let scansRanges = false
  beforeAll(async () => {
    client = await (await testDatabase()).connect()
    const { rows } = await client.query<{ version: number }>(
      "select current_setting('server_version_num')::int as version",
    )
    scansRanges = (rows[0]?.version ?? 0) >= 140_000
  })

  for (const statement of statements) {
    test(`${statement.name}: reaches every row through an index`, async () => {
      // Before 14 a range of pages can only be read by reading all of them, so sweep takes few ranges there.
      if (!scansRanges && statement.name.startsWith('sweep.')) return
      assert.doesNotMatch(await planOf(client, statement), /Seq Scan/)
    })

    test(`V1.2.4 ${statement.name}: names schemas for all tables and functions, casts all parameters`, () => {
      const text = statement.text.replace(/'[^']*'/g, "''")
      const ctes = new Set(
        [...text.matchAll(/\b([a-z_]+)(?: \([a-z_, ]+\))? as (?:materialized )?\(/g)].map(
          ([, name]) => name,
        ),
      )
      for (const [, schema, name = ''] of text.matchAll(
        /\b(?:from|join|into|update|using) ("torii"\.|pg_catalog\.)?([a-z_]+)/g,
      ))
        assert.ok(
          schema !== undefined ||
            ctes.has(name) ||
            ['set', 'select', 'of', 'skip', 'rows', 'lateral'].includes(name),
          `unqualified table ${name}`,
        )
      for (const [, name = ''] of text.matchAll(/(?<![."\w])([a-z_]+) ?\(/g))
        assert.ok(
          keywords.has(name) || ctes.has(name) || isColumnList(text, name),
          `unqualified function ${name}`,
        )
      for (const [parameter, cast] of text.matchAll(/\$\d+(::)?/g))
        assert.equal(cast, '::', `${parameter} has no cast`)
    })

    test(`${statement.name}: its prepared name fits in an identifier`, () => {
      assert.ok(Buffer.byteLength(statement.preparedName) <= 63)
    })
  }
})

/** `insert into "torii".users as u (id, …)`, `unnest($1) as k (id, …)`: a list of columns, not a call. */
const isColumnList = (text: string, name: string): boolean =>
  new RegExp(`(?:with ordinality|\\)) as ${name} \\([a-z_, ]+\\)`).test(text) ||
  new RegExp(`insert into "torii"\\.[a-z_]+(?: as)? ${name}\\s*\\(`).test(text) ||
  new RegExp(`\\b${name} \\([a-z_, ]+\\) as \\(`).test(text)

/** The generic plan, with sequential scans priced out: one that remains has no index to use. */
async function planOf(client: pg.Client, { text }: Statement): Promise<string> {
  await client.query('begin')
  try {
    await client.query('set local enable_seqscan = off')
    await client.query('set local plan_cache_mode = force_generic_plan')
    await client.query(`prepare statement_under_test as ${text}`)
    const { rows } = await client.query<{ count: number }>(
      "select cardinality(parameter_types) as count from pg_prepared_statements where name = 'statement_under_test'",
    )
    const nulls = Array.from({ length: rows[0]?.count ?? 0 }, () => 'null').join(', ')
    const explained = await client.query<{ 'QUERY PLAN': string }>(
      `explain (costs off) execute statement_under_test${nulls === '' ? '' : `(${nulls})`}`,
    )
    await client.query('deallocate statement_under_test')
    return explained.rows.map((row) => row['QUERY PLAN']).join('\n')
  } finally {
    await client.query('rollback')
  }
}
