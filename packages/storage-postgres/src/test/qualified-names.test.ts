import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import type { ConformanceStorage } from 'torii-conformance'
import { elapse, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { migrations } from '../migrate/migrations.generated.js'
import { oneForEachStatement } from './conformance-cases.test.support.js'
import { productFiles } from './every-statement.test.support.js'

/*
 * PostgreSQL takes the function or operator whose argument types fit exactly, wherever in the search path
 * it is, over one of pg_catalog that fits only after a conversion. Here a schema of another owner comes
 * before the application's, and holds a trap for every such call. The role may not execute the traps, so a
 * statement that merely names one is refused when it starts, also where no row would have called it.
 */

const types = [
  'uuid',
  'text',
  'bytea',
  'timestamptz',
  'interval',
  'int2',
  'int4',
  'int8',
  'float8',
  'numeric',
  'bool',
  'jsonb',
  'text[]',
  'name',
  'oid',
  'regclass',
  'regnamespace',
  'varchar',
  '"char"',
]
const operators = ['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '||']
const tables = [
  'torii_migrations',
  ...migrations.flatMap(({ sql }) =>
    [...sql.matchAll(/^create table :schema\.(\w+)/gm)].map(([, table = '']) => table),
  ),
]
const password = 'of a test only'

/** Makes a trap for each operator and pair of types that pg_catalog has no exact operator for. */
const makeOperators = `do $do$
declare
  op text; a regtype; b regtype; n int := 0;
begin
  foreach op in array array[${operators.map((operator) => `'${operator}'`).join()}] loop
    foreach a in array array[${types.map((type) => `'${type}'`).join()}]::regtype[] loop
      foreach b in array array[${types.map((type) => `'${type}'`).join()}]::regtype[] loop
        continue when exists (select from pg_operator o where o.oprnamespace = 'pg_catalog'::regnamespace
          and o.oprname = op and o.oprleft = a and o.oprright = b);
        n := n + 1;
        execute format('create function hostile.operator_%s(%s, %s) returns %s language plpgsql as $f$ begin raise exception %L; end $f$',
          n, a, b, case when op ~ '[=<>]' then 'bool' else a::text end, format('trap: %s %s %s', a, op, b));
        execute format('create operator hostile.%s (leftarg = %s, rightarg = %s, function = hostile.operator_%s)', op, a, b, n);
      end loop;
    end loop;
  end loop;
end $do$`

/** The same for each function name: one or two arguments of any of the types, and those of pg_catalog made concrete. */
const makeFunctions = `do $do$
declare
  called text; arguments text;
begin
  foreach called in array $NAMES$ loop
    for arguments in
      select t from unnest($TYPES$) t union all
      select t || ', ' || u from unnest($TYPES$) t, unnest($TYPES$) u union
      select replace(replace(replace(oidvectortypes(proargtypes), 'anyarray', 'text[]'), 'anyelement', 'text'), 'anynonarray', 'text')
      from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname = called and pronargs > 2
    loop
      continue when to_regprocedure(format('pg_catalog.%I(%s)', called, arguments)) is not null;
      execute format('create or replace function hostile.%I(%s) returns text language plpgsql as $f$ begin raise exception %L; end $f$',
        called, arguments, format('trap: %s(%s)', called, arguments));
    end loop;
  end loop;
end $do$`

const arrayOf = (values: readonly string[]) =>
  `array[${values.map((value) => `'${value}'`).join()}]`

/** Every function of pg_catalog that the product names, tests left out. */
async function functionsUsed(): Promise<string[]> {
  const names = new Set<string>()
  for (const file of productFiles)
    for (const [, name = ''] of (await readFile(file, 'utf8')).matchAll(
      /\bpg_catalog\.([a-z_0-9]+)\(/g,
    ))
      names.add(name)
  return [...names].sort()
}

async function makeHostileSchema({ query }: TestDatabase, role: string): Promise<number> {
  await query('create schema hostile')
  for (const [index, table] of tables.entries())
    await query(
      index % 2
        ? `create view hostile.${table} as select 1 as id`
        : `create table hostile.${table} (id int)`,
    )
  await query(makeOperators)
  const names = arrayOf(await functionsUsed())
  await query(makeFunctions.replaceAll('$NAMES$', names).replaceAll('$TYPES$', arrayOf(types)))
  await query('revoke execute on all functions in schema hostile from public')
  await query(`grant usage on schema hostile to ${role}`)
  const { rows } = await query<{ count: number }>(
    `select count(*)::int from pg_proc where pronamespace = 'hostile'::regnamespace`,
  )
  return rows[0]?.count ?? 0
}

describe('a hostile schema that comes first in the search path is never called', () => {
  let database: TestDatabase
  let storage: PostgresStorage
  let conforming: ConformanceStorage
  let client: pg.Client
  let role: string
  let url: URL
  let traps: number

  beforeAll(async () => {
    database = await testDatabase({ empty: true })
    role = `visitor_${database.name}`
    await database.query(`create role ${role} login password '${password}'`)
    await database.query(`grant create on database ${database.name} to ${role}`)
    traps = await makeHostileSchema(database, role)
    url = new URL(database.url)
    url.username = role
    url.password = password
    url.search = '?options=-c%20search_path%3Dhostile,public'
    client = new pg.Client({ connectionString: url.href })
    await client.connect()
    storage = await PostgresStorage.connect(url.href)
    assert.equal((await storage.migrate()).version, migrations.length)
    conforming = Object.assign(storage, {
      elapse: (seconds: number) =>
        elapse((text, values) => database.query(text, values), 'torii', seconds),
    })
  })
  afterAll(async () => {
    await storage.close()
    await client.end()
    await database.query(`drop owned by ${role} cascade`)
    await database.query(`drop role ${role}`)
  })

  test('the traps are there, and work', async () => {
    assert.ok(traps > 5000, `only ${traps} traps`)
    const { rows } = await client.query('show search_path')
    assert.deepEqual(rows, [{ search_path: 'hostile,public' }])
    // No row ever reaches the condition.
    for (const careless of [
      '$1::text = $2::varchar',
      '$1::text::uuid <> $2::name',
      `array['a'] || $1::text = array[$2::text]`,
      'count($1::text::uuid, $2::text) is null',
      'power($1::text::int4, $2::text::int4) is null',
      `cardinality(string_to_array($1::text, $2::text)) is null`,
      'array_append(array[$1::text], $2::text) is null',
    ])
      await assert.rejects(
        client.query(`select from generate_series(1, 0) g where ${careless}`, [null, null]),
        { code: '42501' },
        careless,
      )
    for (const table of tables)
      await assert.rejects(client.query(`select from ${table}`), { code: '42501' })
    await assert.rejects(
      database.query(`set search_path = hostile, public; select 1::int8 = 1::numeric`),
      /trap: bigint = numeric/,
    )
  })

  test('the functions that the product calls were found', async () => {
    const used = await functionsUsed()
    for (const name of [
      'count',
      'statement_timestamp',
      'make_interval',
      'date_part',
      'octet_length',
      'unnest',
    ])
      assert.ok(used.includes(name), name)
  })

  for (const promise of oneForEachStatement) test(promise.name, () => promise.run(conforming))

  test('status, plan, validate, grant and down come through it unharmed', async () => {
    assert.deepEqual((await storage.migrationStatus()).drift, [])
    assert.deepEqual(await storage.schemaProblems(), [])
    assert.deepEqual((await storage.migrate({ grantTo: role })).applied, [])
    const empty = await PostgresStorage.connect(url.href, { schema: 'by_hand' })
    await client.query(await empty.migrationPlan())
    assert.deepEqual(await empty.schemaProblems(), [])
    await empty.dropAllData('by_hand')
    assert.equal((await empty.migrationStatus()).version, 0)
    await empty.close()
    const { rows } = await database.query(`select to_regnamespace('by_hand') as left`)
    assert.deepEqual(rows, [{ left: null }])
  })
})
