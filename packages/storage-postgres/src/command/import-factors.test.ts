import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { openImports } from './imports.test.support.js'
import { runHere } from './terminal.test.support.js'

const { database, coseKey, secret, lines, report, storage } = await openImports()

const base32 = 'MZXW6YTBOIMZXW6YTBOI'
const passkey = (given: object = {}) => ({
  credentialId: randomBytes(32).toString('base64url'),
  publicKey: coseKey(),
  ...given,
})
const counts = (list: { reason: string; count: number }[]) =>
  list.map(({ reason, count }) => `${reason} ${count}`)

/** The users of a source with their passkeys and second factors. */
const rowsOf = async (source: string, db = database) =>
  (
    await db.query(
      `select m.source_id as id, u.email, u.second_factor_epoch as factor, f.user_id is not null as app,
         u.second_factor_required_at <= now() as required, f.last_step >= floor(extract(epoch from now()) / 30) - 1 as later,
         (select count(*)::int from torii.recovery_codes c where c.user_id = u.id) as codes,
         (select count(*)::int from torii.passkeys k where k.user_id = u.id) as passkeys
       from torii.imported_users m join torii.users u on u.id = m.user_id
       left join torii.totp_factors f on f.user_id = u.id where m.source = $1 order by m.source_id`,
      [source],
    )
  ).rows

test('passkeys come with what the file knows; what it does not say is the safer of two values', async () => {
  const [id, other] = [randomBytes(20), randomBytes(16)]
  const key = coseKey()
  const plain = Buffer.from(key, 'base64url').toString('base64')
  const path = await lines({
    id: '1',
    email: `${randomUUID()}@example.com`,
    emailVerified: true,
    createdAt: '2020-01-01T00:00:00Z',
    passkeys: [
      {
        credentialId: id.toString('base64'),
        publicKey: plain,
        userHandle: Buffer.from('u1').toString('base64url'),
        signCount: 7,
        userVerified: true,
        backupEligible: true,
        backedUp: true,
        aaguid: '11111111-1111-4111-8111-111111111111',
        transports: ['internal', 'Ünknown', 7],
        name: 'Laptop',
        createdAt: '2021-01-01T00:00:00Z',
        lastUsedAt: '2022-01-01T00:00:00Z',
      },
      { credentialId: other.toString('base64url'), publicKey: key, name: ' ', aaguid: 'none' },
    ],
  })
  const got = await report(['jsonl', '--from', path, '--source', 'passkeys'])
  assert.deepEqual(got, { imported: 1, merged: 0, skipped: [], leftOut: [] })
  const { rows } = await database.query(
    `select k.*, u.id as owner from torii.passkeys k join torii.users u on u.id = k.user_id
     join torii.imported_users m on m.user_id = u.id where m.source = 'passkeys' order by k.created_at desc`,
  )
  const [full, bare] = rows.map(({ id: _, user_id: __, owner: ___, ...row }) => row)
  const bytes = Buffer.from(key, 'base64url')
  assert.deepEqual(full, {
    credential_id: id,
    owner_epoch: 0,
    public_key: bytes,
    sign_count: '7',
    user_handle: Buffer.from('u1'),
    user_verified: true,
    backup_eligible: true,
    backed_up: true,
    aaguid: '11111111-1111-4111-8111-111111111111',
    transports: ['internal'],
    name: 'Laptop',
    created_at: new Date('2021-01-01T00:00:00Z'),
    last_used_at: new Date('2022-01-01T00:00:00Z'),
  })
  assert.deepEqual(bare, {
    credential_id: other,
    owner_epoch: 0,
    public_key: bytes,
    sign_count: '0',
    user_handle: null,
    user_verified: false,
    backup_eligible: false,
    backed_up: false,
    aaguid: '00000000-0000-0000-0000-000000000000',
    transports: [],
    name: 'Passkey',
    created_at: new Date('2020-01-01T00:00:00Z'),
    last_used_at: null,
  })
})

test('T14.90 a passkey belongs to the account that has it here, then to the first; without its address an account keeps its own', async () => {
  const [mine, theirs] = [passkey(), passkey()]
  const here = `${randomUUID()}@example.com`
  await storage.users.register({ id: randomUUID() as never, email: here })
  await report([
    'jsonl',
    '--from',
    await lines({ id: 'x', passkeys: [theirs] }),
    '--source',
    'before',
  ])
  const path = await lines(
    { id: '1', passkeys: [mine, mine, theirs] },
    { id: '2', email: here, emailVerified: true, passkeys: [mine], totp: { secret: base32 } },
    {
      id: '3',
      email: here,
      emailVerified: true,
      passkeys: [passkey()],
      totp: { secret: base32 },
      recoveryCodes: ['abcdefgh'],
    },
    { id: '4', email: here, emailVerified: true, totp: { secret: base32 } },
    { id: '5', email: here, emailVerified: true, passkeys: [theirs] },
  )
  const words = ['jsonl', '--from', path, '--source', 'claims']
  // The accounts with verified addresses come first, so id 2 offers the passkey before id 1 does.
  const dry = await report([...words, '--dry-run'])
  const got = await report(words)
  assert.deepEqual(dry, { dryRun: true, ...got })
  assert.equal(got.imported, 3)
  assert.deepEqual(counts(got.skipped), ['email_taken 2'])
  assert.deepEqual(counts(got.leftOut), ['email_taken 2', 'passkey_invalid 1', 'passkey_taken 2'])
  assert.deepEqual(
    (await rowsOf('claims')).map(({ id, email, passkeys, app, codes }) => [
      id,
      email,
      passkeys,
      app,
      codes,
    ]),
    [
      ['1', null, 0, false, 0],
      ['2', null, 1, true, 0],
      ['3', null, 1, true, 1],
    ],
  )
  const { rows } = await database.query(
    `select count(*)::int as n from torii.passkeys k join torii.users u on u.id = k.user_id where u.email = $1`,
    [here],
  )
  assert.deepEqual(rows, [{ n: 0 }])
})

test('T14.91 a second factor counts from the import on, also one that cannot be read', async () => {
  const totp = { secret: base32 }
  const codes = ['abcdE-fghij', 'ABCDE FGHIJ', '1234567890123']
  const given: readonly (readonly [object, string, unknown[]])[] = [
    [{ totp }, '', [0, true, 0]],
    [
      {
        totp: { secret: 'mzxw 6ytb-oimzxw6ytboi====', algorithm: 'SHA-1', digits: '6', period: 30 },
      },
      '',
      [0, true, 0],
    ],
    [{ totp, recoveryCodes: codes }, '', [0, true, 2]],
    [
      { totp, recoveryCodes: ['1234567', '123456789012', 'äöüäöüäöü', '', 'abcdefgh'] },
      'recovery_code_invalid 4',
      [0, true, 1],
    ],
    [{ totp: 'unreadable' }, 'factor_unreadable 1', [0, false, 0]],
    [{ totp: 'unreadable', recoveryCodes: codes }, 'factor_unreadable 1', [0, true, 2]],
    [{ totp: { ...totp, algorithm: 'SHA256' } }, 'factor_unsupported 1', [0, false, 0]],
    [{ totp: { ...totp, digits: 8 } }, 'factor_unsupported 1', [0, false, 0]],
    [{ totp: { ...totp, period: 60 }, recoveryCodes: codes }, 'factor_unsupported 1', [0, true, 2]],
    [{ totp: { secret: 'MZXW6YQ' } }, 'factor_unsupported 1', [0, false, 0]],
    [{ totp: { secret: 'not base 32!' } }, 'factor_unreadable 1', [0, false, 0]],
    [{ totp: {} }, 'factor_unreadable 1', [0, false, 0]],
    [{ totp: [] }, 'factor_unreadable 1', [0, false, 0]],
    [{ totp: true }, 'factor_unreadable 1', [0, false, 0]],
    [{ totp: { ...totp, lastStep: -1 } }, 'factor_unreadable 1', [0, false, 0]],
    [
      { totp: { encryptedSecret: randomBytes(60).toString('base64') } },
      'factor_unreadable 1',
      [0, false, 0],
    ],
    [{ recoveryCodes: codes }, 'recovery_code_invalid 1', [null, false, 0]],
    [{ totp: null }, '', [null, false, 0]],
  ]
  for (const [at, [fields, reason, [factor, app, left]]] of given.entries()) {
    const source = `factor-${at}`
    const path = await lines({
      id: '1',
      email: `${source}@example.com`,
      emailVerified: true,
      ...fields,
    })
    const got = await report(['jsonl', '--from', path, '--source', source])
    assert.deepEqual([got.imported, counts(got.leftOut).join()], [1, reason], source)
    assert.deepEqual(
      await rowsOf(source),
      [
        {
          id: '1',
          email: `${source}@example.com`,
          factor,
          app,
          required: null,
          later: app || null,
          codes: left,
          passkeys: 0,
        },
      ],
      source,
    )
  }
})

test('T14.91 without TORII_KEYS a second factor stays due; --enroll-lost-factors asks for another one', async () => {
  const fields = { totp: { secret: base32 }, recoveryCodes: ['abcdefghij'] }
  const one = (id: string, given: object) => ({
    id,
    email: `${randomUUID()}@example.com`,
    emailVerified: true,
    ...given,
  })
  const path = await lines(one('1', fields))
  const run = await runHere(['import', 'jsonl', '--from', path, '--source', 'keyless', '--json'], {
    DATABASE_URL: database.url,
  })
  const { leftOut } = JSON.parse(run.stdout)
  assert.deepEqual(counts(leftOut), ['factor_without_keys 1'])
  const [keyless] = await rowsOf('keyless')
  assert.deepEqual([keyless?.factor, keyless?.app, keyless?.codes], [0, false, 0])
  for (const text of [run.stdout, run.stderr]) assert.ok(!text.includes(base32))

  const lost = await lines(
    one('1', { totp: 'unreadable' }),
    one('2', fields),
    one('3', { ...fields, totp: { ...fields.totp, digits: 8 } }),
    one('4', {}),
  )
  await report(['jsonl', '--from', lost, '--source', 'lost', '--enroll-lost-factors'])
  assert.deepEqual(
    (await rowsOf('lost')).map(({ factor, app, required, codes }) => [
      factor,
      app,
      required,
      codes,
    ]),
    [
      [null, false, true, 0],
      [0, true, null, 1],
      [null, false, true, 0],
      [null, false, null, 0],
    ],
  )
})

test('an attacker who writes lines of the file breaks neither the batch nor another account', async () => {
  const db = await testDatabase()
  const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 512 })
  const { n = '', e = '' } = rsa.export({ format: 'jwk' })
  const small = Buffer.concat([
    Buffer.from('a4010303390100205840', 'hex'),
    Buffer.from(n, 'base64url'),
    Buffer.from('2143', 'hex'),
    Buffer.from(e, 'base64url'),
  ]).toString('base64url')
  const trailing = Buffer.concat([Buffer.from(coseKey(), 'base64url'), Buffer.of(0)]).toString(
    'base64url',
  )
  const nested = JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`)
  const odd = JSON.parse('{"toString":1,"valueOf":1,"__proto__":{"secret":"MZXW6YTBOIMZXW6YTBOI"}}')
  const passkeys = [
    { publicKey: small },
    { publicKey: trailing },
    { publicKey: Buffer.from('garbage').toString('base64url') },
    { publicKey: randomBytes(2049).toString('base64url') },
    { publicKey: `bf${'00'.repeat(2000)}` },
    { credentialId: '' },
    { credentialId: randomBytes(1024).toString('base64url') },
    { credentialId: 'a b' },
    { credentialId: odd },
    { userHandle: randomBytes(65).toString('base64url') },
    { userHandle: nested },
    ...[-1, 4_294_967_296, 1.5, '7', odd].map((signCount) => ({ signCount })),
    { userVerified: 'yes' },
    { backedUp: odd },
  ].map((given) => passkey(given))
  const harmless = [
    { transports: nested, name: odd, aaguid: odd, createdAt: odd, lastUsedAt: 'x' },
    { name: 'a\u0000', transports: ['\u0000'] },
  ]
  const many = Array.from({ length: 10_000 }, (_, at) => `code${at}xyzabc`)
  const attacks: object[] = [
    { passkeys },
    { passkeys: harmless.map((given) => passkey(given)) },
    { passkeys: Array.from({ length: 10_000 }, () => ({ credentialId: 'AA', publicKey: small })) },
    { passkeys: nested },
    { passkeys: odd },
    { totp: { secret: 'MZXW6YQ' } },
    { totp: { secret: 'MZXW6YTB'.repeat(2000) } },
    { totp: { secret: odd, algorithm: odd, digits: odd, period: odd } },
    { totp: { secret: base32, algorithm: odd } },
    { totp: { secret: base32, digits: odd, lastStep: 1e300 } },
    { totp: { secret: base32, lastStep: Number.MAX_SAFE_INTEGER } },
    { totp: { encryptedSecret: odd } },
    { totp: { encryptedSecret: 'A'.repeat(100_000) } },
    { totp: odd },
    { totp: nested },
    { totp: { secret: base32 }, recoveryCodes: many },
    {
      totp: { secret: base32 },
      recoveryCodes: ['x'.repeat(1_000_000), '\u0000'.repeat(10), '\ud800abcdefgh'],
    },
    { totp: { secret: base32 }, recoveryCodes: odd },
    { totp: { secret: base32 }, recoveryCodeHashes: ['AA', odd] },
    { secondFactorRequiredAt: odd },
    { secondFactorRequiredAt: '0000-01-01' },
    { createdAt: '9999-12-31T23:59:59-23:00' },
  ]
  const path = await lines(
    ...attacks.map((fields, at) => ({
      id: `a${at}`,
      email: `a${at}@example.com`,
      emailVerified: true,
      ...fields,
    })),
    {
      id: 'victim',
      email: 'v@example.com',
      emailVerified: true,
      passkeys: [passkey()],
      totp: { secret: base32 },
      recoveryCodes: ['abcdefgh'],
    },
  )
  const got = await report(['jsonl', '--from', path], db.url)
  assert.deepEqual([got.imported, got.skipped], [attacks.length + 1, []])
  const rows = await rowsOf('jsonl', db)
  const victim = rows.find(({ id }) => id === 'victim')
  assert.deepEqual([victim?.factor, victim?.app, victim?.codes, victim?.passkeys], [0, true, 1, 1])
  const tooMany = rows.find(
    ({ id }) =>
      id === `a${attacks.findIndex((each) => JSON.stringify(each).includes('code9999xyz'))}`,
  )
  assert.deepEqual([tooMany?.factor, tooMany?.app, tooMany?.codes], [0, true, 0])
  const stored = (await db.query('select count(*)::int as n from torii.passkeys')).rows[0]
  assert.deepEqual(stored, { n: 1 + harmless.length })
  for (const row of rows)
    if (JSON.stringify(attacks[Number(String(row.id).slice(1))] ?? {}).includes('"totp"'))
      assert.equal(row.factor, 0, String(row.id))
  assert.ok(!JSON.stringify(got).includes(base32) && !JSON.stringify(got).includes(secret))
})
