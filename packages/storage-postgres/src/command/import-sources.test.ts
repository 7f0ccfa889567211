import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { testDatabase } from 'torii-testing'
import { expect, test } from 'vitest'
import { sources } from '../moving/sources/sources.js'
import { openImports } from './imports.test.support.js'
import { runHere } from './terminal.test.support.js'

const { database, report, usersOf, importFile, file, bcrypt } = await openImports()
const old = await testDatabase({ empty: true })

test('import reads a database by its URL, and again adds nothing', async () => {
  await old.query(`
    create table users (id serial, name text, email text, "emailVerified" timestamptz, image text);
    create table accounts ("userId" int, type text, provider text, "providerAccountId" text, access_token text, expires_at bigint);
    create table sessions ("userId" int, expires timestamptz, "sessionToken" text);
    insert into users (name, email, "emailVerified") select 'User ' || n, 'u' || n || '@example.com', now()
      from generate_series(1, 600) n;
    update users set email = 'U1@example.com', "emailVerified" = null where id = 2;
    update users set email = null where id = 3;
    insert into accounts values (3, 'oauth', 'github', '3', 'access', 1893456000);
    insert into sessions values (1, now() + interval '1 day', 'token')`)
  const dry = await report(['authjs', '--from', old.url, '--dry-run'])
  const skipped = [{ reason: 'email_taken', count: 1, examples: ['line 2 (id 2)'] }]
  assert.deepEqual(dry, { dryRun: true, imported: 599, merged: 0, skipped, leftOut: [] })
  const first = await report(['authjs', '--from', old.url])
  assert.deepEqual(first, { imported: 599, merged: 0, skipped, leftOut: [] })
  assert.equal((await usersOf('authjs')).length, 599)
  const again = await report(['authjs', '--from', old.url])
  assert.deepEqual(again, { imported: 0, merged: 599, skipped, leftOut: [] })
})

test('the URL may come from the environment, and no message has its password', async () => {
  const secret = randomBytes(12).toString('hex')
  const wrong = new URL(old.url)
  wrong.password = `${secret}%2F%40`
  const malformed = `postgresql://app:${secret}/@#${secret}@localhost/app`
  const closed = `postgresql://app:${secret}@127.0.0.1:1/app`
  for (const [from, status, message] of [
    [wrong.href, 1, /ERR_\w+: the database of --from cannot be opened/],
    [closed, 1, /^ERR_UNAVAILABLE: the database of --from cannot be opened/],
    [malformed, 2, /from must be postgresql:/],
    [`mysql://app:${secret}@localhost/app`, 2, /from must be postgresql:/],
  ] as const)
    for (const word of [from, 'OLD_URL']) {
      const env = { DATABASE_URL: database.url, OLD_URL: from }
      const said = await runHere(['import', 'authjs', '--from', word], env)
      assert.equal(said.status, status, said.stderr)
      assert.match(said.stderr, message)
      assert.ok(!`${said.stdout}${said.stderr}`.includes(secret))
    }
  const unset = await importFile(['authjs', '--from', 'OLD_URL'])
  assert.deepEqual([unset.status, /OLD_URL is not set/.test(unset.stderr)], [2, true])
})

test('a password with every character of a URL works, percent-encoded', async () => {
  const password = `a:b/c?d#e@f%g&h'i"j k`
  await old.query(
    `create role import_special login password '${password.replace("'", "''")}';
     grant select on all tables in schema public to import_special`,
  )
  try {
    const url = new URL(old.url)
    url.username = 'import_special'
    url.password = encodeURIComponent(password)
    const { merged } = await report(['authjs', '--from', url.href])
    assert.equal(merged, 599)
  } finally {
    await old.query('drop owned by import_special; drop role import_special')
  }
})

test('a source that ends half-way leaves whole accounts, and the same command continues', async () => {
  const source = 'half'
  const other = await testDatabase()
  async function cutAfterFirstBatch() {
    const hasUsers = async () =>
      (await other.query('select 1 from torii.users limit 1')).rows.length > 0
    while (!(await hasUsers()));
    await old.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'torii import' and datname = current_database()`,
    )
  }
  await old.query(`insert into users (name, email, "emailVerified") select repeat('x', 100), 'v' || n || '@example.com', now()
    from generate_series(1, 1500) n`)
  const words = ['import', 'authjs', '--from', old.url, '--source', source]
  const env = { DATABASE_URL: other.url, TORII_KEYS: `k1:${randomBytes(32).toString('base64url')}` }
  const [said] = await Promise.all([runHere(words, env), cutAfterFirstBatch()])
  assert.equal(said.status, 1, said.stdout)
  assert.match(said.stderr, /the same command continues/)
  const { rows } = await other.query<{ count: number }>('select count(*)::int from torii.users')
  const half = rows[0]?.count ?? 0
  assert.ok(half > 0 && half < 2099, String(half))
  const rest = await runHere([...words, '--json'], env)
  const { imported, merged } = JSON.parse(rest.stdout)
  assert.deepEqual([imported + merged, merged], [2099, half])
})

test('a database that cannot say which addresses are verified needs --addresses', async () => {
  await old.query(`
    create schema lucia;
    create table lucia."user" (id text, email text, password_hash text);
    insert into lucia."user" values ('l1', 'lucia@example.com', '${bcrypt}')`)
  const words = ['lucia', '--from', old.url, '--from-schema', 'lucia']
  const said = await importFile(words)
  assert.deepEqual(
    [said.status, said.stderr.split('\n')[0]],
    [
      2,
      'import lucia needs --addresses verified or --addresses unverified: the tables do not say which addresses are verified',
    ],
  )
  const got = await report([...words, '--addresses', 'unverified'])
  assert.equal(got.imported, 1)
  assert.deepEqual(
    (await usersOf('lucia')).map(({ verified, hash }) => [verified, hash]),
    [[false, bcrypt]],
  )
})

test('fields that cannot be stored are left out by their reasons', async () => {
  const path = await file(
    JSON.stringify([
      {
        id: 'user_1',
        first_name: 'Nul\0',
        public_metadata: { text: 'x'.repeat(17_000) },
        email_addresses: [
          { email_address: 'clerk@example.com', verification: { status: 'verified' } },
        ],
      },
      { id: 'user_2', public_metadata: { nul: '\0' } },
    ]),
  )
  const { imported, leftOut } = await report(['clerk', '--from', path])
  assert.equal(imported, 2)
  assert.deepEqual(
    leftOut.map(({ reason, count }: { reason: string; count: number }) => [reason, count]),
    [
      ['metadata_invalid', 2],
      ['name_invalid', 1],
    ],
  )
})

test.each(sources.map(({ name }) => name))(
  'import %s --help shows the options that it takes',
  async (name) => {
    const { stdout } = await runHere(['import', name, '--help'])
    expect(stdout).toContain(
      `Usage: torii-storage-postgres import ${name} --from URL|FILE [options]`,
    )
    const source = sources.find((each) => each.name === name)
    for (const option of ['from-schema', 'columns', 'password-hashes'] as const)
      assert.equal(stdout.includes(`--${option} `), source?.options.includes(option), option)
  },
)
