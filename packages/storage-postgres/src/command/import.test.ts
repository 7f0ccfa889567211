import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'vitest'
import { openImports } from './imports.test.support.js'

const { storage, database, bcrypt, file, lines, importFile, report, usersOf } = await openImports()

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
    [
      ['jsonl', '--from', path, '--addresses', 'confirmed'],
      /of import jsonl is verified or unverified/,
    ],
    [['jsonl', '--from', `${path}.gone`], /cannot be read/],
    [['jsonl', '--from', path, '--source', 'A b'], /^--source must be/],
    [['jsonl'], /^import jsonl needs --from URL\|FILE/],
  ] as const) {
    const { status, stderr } = await importFile(words)
    assert.equal(status, 2, stderr)
    assert.match(stderr, message)
  }
})
