import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { runHere } from './terminal.test.support.js'

let folder: string
let storage: PostgresStorage
let database: TestDatabase
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'torii-import-'))
  database = await testDatabase()
  storage = await PostgresStorage.connect(database.url)
})
afterAll(async () => {
  await storage.close()
  await rm(folder, { recursive: true })
})

const secret = randomBytes(32).toString('base64url')
const bcrypt = '$2y$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'

async function file(text: string): Promise<string> {
  const path = join(folder, randomUUID())
  await writeFile(path, text)
  return path
}

const lines = (...records: readonly object[]) =>
  file(records.map((record) => JSON.stringify(record)).join('\n'))

async function importFile(words: readonly string[], url = database.url) {
  const env = { DATABASE_URL: url, TORII_KEYS: `k1:${secret}` }
  return runHere(['import', ...words], env)
}

async function report(words: readonly string[], url = database.url) {
  const { status, stdout, stderr } = await importFile([...words, '--json'], url)
  assert.equal(status, 0, `${stdout}${stderr}`)
  return JSON.parse(stdout)
}

/** The users of the file whose ids start so, with what belongs to them. */
const usersOf = async (source: string, db = database) =>
  (
    await db.query(
      `select m.source_id, u.email, u.email_verified_at is not null as verified, u.name, u.metadata,
         u.disabled_at is not null as disabled, p.hash, e.email_key,
         (select count(*)::int from torii.oauth_accounts a where a.user_id = u.id) as accounts
       from torii.imported_users m join torii.users u on u.id = m.user_id
       left join torii.passwords p on p.user_id = u.id left join torii.user_emails e on e.user_id = u.id
       where m.source = $1 order by m.source_id`,
      [source],
    )
  ).rows

/** Everything that an import writes, without the times of writing. */
async function tables(db: TestDatabase) {
  const { rows } = await db.query(
    `select (select jsonb_agg(to_jsonb(u) - 'updated_at' order by u.id) from torii.users u) as users,
       (select jsonb_agg(to_jsonb(e) order by e.email_key) from torii.user_emails e) as emails,
       (select jsonb_agg(to_jsonb(p) - 'updated_at' order by p.user_id) from torii.passwords p) as passwords,
       (select jsonb_agg(to_jsonb(a) order by a.id) from torii.oauth_accounts a) as accounts,
       (select jsonb_agg(to_jsonb(m) - 'imported_at' order by m.source_id) from torii.imported_users m) as mapped`,
  )
  return rows[0]
}

test('import jsonl writes what a line says, keeps UUIDs, and maps other ids', async () => {
  const id = randomUUID()
  const path = await lines(
    {
      id,
      email: 'Ada@Example.com',
      emailVerified: '2015-03-01T10:00:00Z',
      name: 'Ada',
      picture: 'https://example.com/ada.png',
      metadata: { plan: 'free' },
      createdAt: '2014-01-01T00:00:00Z',
      passwordHash: bcrypt,
      oauthAccounts: [{ provider: 'google', subject: '17', tokens: { accessToken: 'secret-a' } }],
    },
    { id: 42, email: 'ben@example.com', emailVerified: false, disabled: true },
    { id: 'c', oauthAccounts: [{ provider: 'github', subject: '5' }] },
  )
  const got = await report(['jsonl', '--from', path, '--source', 'first'])
  assert.deepEqual(got, { imported: 3, merged: 0, skipped: [], leftOut: [] })
  const rows = await usersOf('first')
  const [ben, ada, cleo] = ['42', id, 'c'].map((name) => rows.find((row) => row.source_id === name))
  assert.deepEqual(
    [ben?.email, ben?.verified, ben?.disabled, ben?.hash],
    ['ben@example.com', false, true, null],
  )
  assert.deepEqual(
    [ada?.email, ada?.email_key, ada?.verified, ada?.name, ada?.metadata, ada?.hash, ada?.accounts],
    ['Ada@Example.com', 'ada@example.com', true, 'Ada', { plan: 'free' }, bcrypt, 1],
  )
  assert.deepEqual([cleo?.source_id, cleo?.email, cleo?.accounts], ['c', null, 1])
  const user = await database.query(
    'select created_at, email_verified_at, picture from torii.users where id = $1',
    [id],
  )
  assert.deepEqual(user.rows[0], {
    created_at: new Date('2014-01-01T00:00:00Z'),
    email_verified_at: new Date('2015-03-01T10:00:00Z'),
    picture: 'https://example.com/ada.png',
  })
  const kept = await database.query<{ tokens: Buffer }>(
    `select tokens from torii.oauth_accounts where subject = '17'`,
  )
  assert.ok(!kept.rows[0]?.tokens.toString('latin1').includes('secret-a'))
  // Again: nothing changes, also where the user has changed or deleted something meanwhile.
  await database.query(`update torii.users set name = 'Ada L.' where id = $1`, [id])
  await database.query(`delete from torii.users where email = 'ben@example.com'`)
  const again = await report(['jsonl', '--from', path, '--source', 'first'])
  assert.deepEqual(again, { imported: 0, merged: 3, skipped: [], leftOut: [] })
  assert.deepEqual((await usersOf('first')).map((row) => row.name).sort(), ['Ada L.', null])
})

test('an address goes to the account that is here, then to a verified one, then to the first', async () => {
  const here = `here-${randomUUID()}@example.com`
  await storage.users.register({ id: randomUUID() as never, email: here })
  const [twice, unproved] = [`a-${randomUUID()}@example.com`, `b-${randomUUID()}@example.com`]
  const path = await lines(
    { id: '1', email: twice.toUpperCase(), emailVerified: false, passwordHash: bcrypt },
    { id: '2', email: twice, emailVerified: true, name: 'owner' },
    { id: '3', email: here, emailVerified: true, passwordHash: bcrypt },
    {
      id: '4',
      email: twice,
      emailVerified: true,
      passwordHash: bcrypt,
      oauthAccounts: [{ provider: 'google', subject: randomUUID() }],
    },
    { id: '5', email: unproved, emailVerified: false, name: 'first' },
    { id: '6', email: unproved, emailVerified: false },
  )
  const words = ['jsonl', '--from', path, '--source', 'claims']
  const expected = {
    imported: 3,
    merged: 0,
    skipped: [
      {
        reason: 'email_taken',
        count: 3,
        examples: ['line 3 (id 3)', 'line 1 (id 1)', 'line 6 (id 6)'],
      },
    ],
    leftOut: [{ reason: 'email_taken', count: 1, examples: ['line 4 (id 4)'] }],
  }
  assert.deepEqual(await report([...words, '--dry-run']), { dryRun: true, ...expected })
  assert.deepEqual(await usersOf('claims'), [])
  assert.deepEqual(await report(words), expected)
  const rows = await usersOf('claims')
  assert.deepEqual(
    rows.map(({ source_id, email, hash, accounts }) => [source_id, email, hash, accounts]),
    [
      ['2', twice, null, 0],
      ['4', null, null, 1],
      ['5', unproved, null, 0],
    ],
  )
})

test('a provider account belongs to one user, and an id to the account that is here', async () => {
  const [subject, taken] = [randomUUID(), randomUUID()]
  await storage.users.register({ id: taken as never, email: `${taken}@example.com` })
  const account = { provider: 'google', subject }
  const path = await lines(
    { id: '1', oauthAccounts: [account] },
    { id: '2', oauthAccounts: [account, { provider: 'x', subject }] },
    { id: taken, email: `other-${taken}@example.com`, emailVerified: true },
    { id: '1', email: `again-${taken}@example.com`, emailVerified: false },
  )
  const got = await report(['jsonl', '--from', path, '--source', 'accounts'])
  assert.deepEqual(got, {
    imported: 2,
    merged: 0,
    skipped: [
      { reason: 'id_repeated', count: 1, examples: ['line 4 (id 1)'] },
      { reason: 'id_taken', count: 1, examples: [`line 3 (id ${taken})`] },
    ],
    leftOut: [{ reason: 'oauth_account_taken', count: 1, examples: ['line 2 (id 2)'] }],
  })
  const rows = await usersOf('accounts')
  assert.deepEqual(
    rows.map(({ source_id, accounts }) => [source_id, accounts]),
    [
      ['1', 1],
      ['2', 1],
    ],
  )
})

test('what cannot be stored is left out or skipped by its reason, and the rest is imported', async () => {
  const text = [
    'no json',
    '[]',
    JSON.stringify({ id: '1', emial: 'x' }),
    JSON.stringify({ email: 'x@example.com', emailVerified: true }),
    JSON.stringify({ id: '3', email: 'x@example.com' }),
    JSON.stringify({ id: '4', email: 'no address' }),
    JSON.stringify({
      id: '5',
      email: `${randomUUID()}@example.com`,
      emailVerified: 'yes',
      name: ' ',
      picture: 'http://example.com/a',
      metadata: [],
      createdAt: 'yesterday',
      disabled: 'perhaps',
      passwordHash: '$2b$31$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm',
      oauthAccounts: [{ provider: 'google' }],
    }),
    JSON.stringify({
      id: '6',
      email: `${randomUUID()}@example.com`,
      emailVerified: true,
      passwordHash: '5ca85a0b51faf664d0c29eacfdea0764981e781f',
    }),
    JSON.stringify({ id: '7', name: '\u0000' }),
  ].join('\n')
  const path = await file(text)
  const got = await report(['jsonl', '--from', path, '--source', 'faulty'])
  const numbers = (list: { reason: string; count: number }[]) =>
    list.map(({ reason, count }) => `${reason} ${count}`)
  assert.equal(got.imported, 3)
  assert.deepEqual(numbers(got.skipped), [
    'email_invalid 1',
    'field_unknown 1',
    'id_invalid 1',
    'line_invalid 2',
    'verification_unknown 1',
  ])
  assert.deepEqual(numbers(got.leftOut), [
    'created_at_invalid 1',
    'disabled_invalid 1',
    'metadata_invalid 1',
    'name_invalid 2',
    'oauth_account_invalid 1',
    'password_hash_unsupported 1',
    'password_hash_weak 1',
    'picture_invalid 1',
  ])
  assert.deepEqual(
    (await usersOf('faulty')).map(({ hash }) => hash),
    [null, null, null],
  )
  const spoken = await importFile(['jsonl', '--from', path, '--source', 'faulty'])
  assert.match(
    spoken.stdout,
    /^imported 0\nhere from an earlier run 3\nskipped email_invalid 1: line 6 \(id 4\)\n/,
  )
})

test('weak hashes are wrapped only when that is asked for, after an estimate, and marks are set where there is no hash', async () => {
  const path = await lines(
    {
      id: '1',
      email: `${randomUUID()}@example.com`,
      passwordHash: 'md5$c2$f41274e26a91354e15fc5073ea1116bd',
    },
    { id: '2', email: `${randomUUID()}@example.com` },
  )
  const said = await importFile([
    'jsonl',
    '--from',
    path,
    '--source',
    'weak',
    '--addresses',
    'verified',
    '--wrap-weak-hashes',
    '--imported-passwords',
  ])
  assert.equal(said.status, 0, said.stderr)
  assert.match(said.stderr, /^wrapping 1 weak hashes takes about \d+ s\n$/)
  const [wrapped, marked] = await usersOf('weak')
  assert.match(String(wrapped?.hash), /^\$wrapped\$d=md5,o=salt\$YzI\$argon2id\$v=19\$/)
  assert.equal(marked?.hash, `$imported$${marked?.email}`)
  assert.equal(wrapped?.verified, true)
})

test('import csv reads its columns, and says which it does not know', async () => {
  const [one, two] = [randomUUID(), randomUUID()]
  const path = await file(
    [
      'id,email,confirmed,password_hash,name,metadata,provider,subject,created_at',
      `1,${one}@example.com,2020-01-01 10:00:00+00,${bcrypt},"Ada, Countess","{""plan"":""free""}",google,${one},2019-01-01 00:00:00+00`,
      `2,${two}@example.com,,,,,,,`,
      '3,short',
    ].join('\n'),
  )
  const got = await report(['csv', '--from', path, '--source', 'csv-1', '--addresses', 'confirmed'])
  assert.deepEqual(got, {
    imported: 2,
    merged: 0,
    skipped: [{ reason: 'line_invalid', count: 1, examples: ['line 4'] }],
    leftOut: [],
  })
  const rows = await usersOf('csv-1')
  assert.deepEqual(
    rows.map(({ verified, name, metadata, accounts, hash }) => [
      verified,
      name,
      metadata,
      accounts,
      hash,
    ]),
    [
      [true, 'Ada, Countess', { plan: 'free' }, 1, bcrypt],
      [false, null, {}, 0, null],
    ],
  )
  for (const [words, message] of [
    [['csv', '--from', path], /^import csv needs --addresses/],
    [['csv', '--from', path, '--addresses', 'verified'], /"confirmed" is not/],
    [['csv', '--from', path, '--addresses', 'proved'], /"confirmed" is not/],
    [['jsonl', '--from', path, '--addresses', 'confirmed'], /each line may have emailVerified/],
    [['jsonl', '--from', `${path}.gone`], /cannot be read/],
    [['jsonl', '--from', path, '--source', 'A b'], /^--source must be/],
    [['jsonl'], /^import jsonl needs --from FILE/],
  ] as const) {
    const { status, stderr } = await importFile(words)
    assert.equal(status, 2, stderr)
    assert.match(stderr, message)
  }
})

const cli = fileURLToPath(new URL('../cli.js', import.meta.url))

test('an import that is killed anywhere and run again leaves what one run leaves, and so does its export', async () => {
  const addresses = Array.from({ length: 300 }, (_, at) => `person${at}@example.com`)
  const records = Array.from({ length: 3000 }, (_, at) => ({
    id: at % 3 === 0 ? `id-${at}` : `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    email: at % 7 === 0 ? addresses[at % 300] : `p${at}@example.com`,
    emailVerified: at % 2 === 0 ? '2020-01-01T00:00:00Z' : false,
    name: `Person ${at}`,
    createdAt: '2019-05-05T05:05:05Z',
    passwordHash: bcrypt,
    oauthAccounts: at % 5 === 0 ? [{ provider: 'google', subject: `s${at % 1000}` }] : [],
  }))
  const path = await lines(...records)
  const whole = await testDatabase()
  const killed = await testDatabase()
  const words = ['import', 'jsonl', '--from', path]
  let kills = 0
  for (const wait of [150, 300, 450, 600, 900]) {
    const child = spawn(process.execPath, [cli, ...words], {
      env: { ...process.env, DATABASE_URL: killed.url },
      stdio: 'ignore',
    })
    // From the moment when something is written.
    for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
      const { rows } = await killed.query('select count(*)::int as n from torii.imported_users')
      if (Number(rows[0]?.n) > kills * 500) break
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await new Promise((resolve) => setTimeout(resolve, wait / 5))
    if (child.kill('SIGKILL')) kills += 1
    if (child.exitCode === null) await once(child, 'close')
  }
  assert.ok(kills >= 3, `${kills}`)
  const last = await report(['jsonl', '--from', path], killed.url)
  const first = await report(['jsonl', '--from', path], whole.url)
  assert.equal(last.imported + last.merged, first.imported)
  assert.deepEqual(await tables(killed), await tables(whole))
  // Two at once, on a third database.
  const both = await testDatabase()
  await Promise.all([
    report(['jsonl', '--from', path], both.url),
    report(['jsonl', '--from', path], both.url),
  ])
  assert.deepEqual(await tables(both), await tables(whole))
  // Out again and in again.
  const { stdout, status } = await runHere(['export', '--format', 'jsonl', '--json'], {
    DATABASE_URL: whole.url,
  })
  assert.equal(status, 0)
  const exported = await file(stdout)
  const copy = await testDatabase()
  const round = await report(['jsonl', '--from', exported], copy.url)
  assert.deepEqual(round, { imported: first.imported, merged: 0, skipped: [], leftOut: [] })
  const [original, copied] = [await tables(whole), await tables(copy)]
  for (const table of ['users', 'emails', 'passwords', 'accounts'])
    assert.deepEqual(copied?.[table], original?.[table], table)
}, 120_000)

test('export leaves out what no longer counts, and says what is not in the file', async () => {
  const db = await testDatabase()
  const id = randomUUID()
  const account = { provider: 'google', subject: '1' }
  const path = await lines(
    {
      id,
      email: 'e@example.com',
      emailVerified: true,
      name: 'E\u202e',
      passwordHash: bcrypt,
      oauthAccounts: [account],
    },
    { id: randomUUID(), email: 'd@example.com', emailVerified: false, disabled: true },
  )
  await report(['jsonl', '--from', path], db.url)
  await db.query('update torii.users set owner_epoch = 1, second_factor_epoch = 1 where id = $1', [
    id,
  ])
  const env = { DATABASE_URL: db.url }
  const { stdout, stderr, status } = await runHere(['export', '--format', 'jsonl'], env)
  assert.deepEqual(
    [status, stderr],
    [0, 'exported 2 accounts, without 0 passkeys and the second factors of 1 users\n'],
  )
  const exported = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const byEmail = (email: string) => exported.find((each) => each.email === email)
  const { createdAt, emailVerified, ...rest } = byEmail('e@example.com')
  assert.deepEqual(rest, { id, email: 'e@example.com', name: 'E\u202e', metadata: {} })
  assert.ok(Date.parse(createdAt) > 0 && Date.parse(emailVerified) > 0)
  assert.ok(!stdout.includes('\u202e'), 'no character acts on a terminal')
  assert.deepEqual(
    [byEmail('d@example.com').emailVerified, byEmail('d@example.com').disabled],
    [false, true],
  )
  assert.equal((await runHere(['export', '--format', 'csv'], env)).status, 2)
})

test('an import into the embedded engine works alike', async () => {
  const url = `pglite:${join(folder, 'embedded')}`
  await runHere(['migrate'], { DATABASE_URL: url })
  const path = await lines({
    id: '1',
    email: 'p@example.com',
    emailVerified: true,
    passwordHash: bcrypt,
  })
  const expected = { imported: 1, merged: 0, skipped: [], leftOut: [] }
  assert.deepEqual(await report(['jsonl', '--from', path], url), expected)
  assert.deepEqual(await report(['jsonl', '--from', path], url), {
    ...expected,
    imported: 0,
    merged: 1,
  })
}, 60_000)
