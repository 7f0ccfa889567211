import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { openImports } from './imports.test.support.js'
import { runHere } from './terminal.test.support.js'

const { folder, secret, bcrypt, coseKey, file, lines, report, tables } = await openImports()

/** Of the first and the last accounts some are equal: a key belongs to the first of them. */
const sessionKey = (at: number) =>
  createHash('sha256')
    .update(`token ${at % 2900}`)
    .digest('hex')
const session = { createdAt: '2026-01-01T00:00:00Z', expiresAt: '2099-01-01T00:00:00Z' }

const cli = fileURLToPath(new URL('../cli.js', import.meta.url))

const key = coseKey()
const passkeyOf = (at: number) => ({
  // Some credentials are in the file twice.
  credentialId: Buffer.from(`credential ${at % 2500}`).toString('base64url'),
  publicKey: key,
  ...(at % 8 === 0 ? { userHandle: Buffer.from(`handle ${at}`).toString('base64url') } : {}),
  signCount: at,
  userVerified: at % 3 === 0,
  backupEligible: true,
  backedUp: at % 8 === 0,
  aaguid: '11111111-1111-4111-8111-111111111111',
  transports: ['internal', 'hybrid'],
  name: `Key ${at}`,
  createdAt: '2022-02-02T02:02:02Z',
  ...(at % 8 === 0 ? { lastUsedAt: '2023-03-03T03:03:03Z' } : {}),
})
const factorOf = (at: number) =>
  at % 18 === 0
    ? { totp: 'unreadable' }
    : {
        // The step of the last code lies ahead, so that every run stores the same one.
        totp: {
          secret: 'MZXW6YTBOIMZXW6YTBOI',
          lastStep: 9e12 + at,
          createdAt: '2021-01-01T00:00:00Z',
        },
        recoveryCodes: [
          `aBcDe-${String(at).padStart(5, '0')}`,
          `fGhIj-${String(at).padStart(5, '0')}`,
        ],
        secondFactorRequiredAt: '2022-01-01T00:00:00Z',
      }

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
    sessions: at % 2 === 0 ? [{ ...session, key: sessionKey(at) }] : [],
    passkeys: at % 4 === 0 ? [passkeyOf(at)] : [],
    ...(at % 6 === 0 ? factorOf(at) : {}),
  }))
  const env = { ...process.env, TORII_KEYS: `k1:${secret}` }
  const path = await lines(...records)
  const whole = await testDatabase()
  const killed = await testDatabase()
  const words = ['import', 'jsonl', '--from', path]
  let kills = 0
  for (const wait of [150, 300, 450, 600, 900]) {
    const child = spawn(process.execPath, [cli, ...words], {
      env: { ...env, DATABASE_URL: killed.url },
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
  assert.ok(first.sessions > 1000)
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
  const unreadable = first.leftOut.filter(({ reason }: { reason: string }) =>
    reason.startsWith('factor'),
  )
  const lost = unreadable.reduce((sum: number, { count }: { count: number }) => sum + count, 0)
  assert.ok(lost > 0)
  assert.equal(round.imported, first.imported)
  assert.deepEqual(
    round.leftOut.map(({ reason, count }: { reason: string; count: number }) => [reason, count]),
    [['factor_unreadable', lost]],
  )
  const [original, copied] = [await tables(whole), await tables(copy)]
  for (const table of [
    'users',
    'emails',
    'passwords',
    'accounts',
    'passkeys',
    'factors',
    'codes',
  ]) {
    assert.ok(JSON.stringify(original?.[table]).length > 100, table)
    assert.deepEqual(copied?.[table], original?.[table], table)
  }
  const secrets = 'select user_id, secret from torii.totp_factors order by user_id'
  assert.deepEqual((await copy.query(secrets)).rows, (await whole.query(secrets)).rows)
}, 120_000)

test('an account that is written here while its batch waits is left as it is, and the others come whole', async () => {
  const db = await testDatabase()
  const [id, other] = [randomUUID(), randomUUID()]
  const one = (each: string, email: string) => ({
    id: each,
    email,
    emailVerified: true,
    passwordHash: bcrypt,
  })
  const path = await lines(one(id, 'f@example.com'), one(other, 'g@example.com'))
  const writer = await db.connect()
  await writer.query('begin')
  await writer.query('insert into torii.users (id) values ($1)', [id])
  const importing = report(['jsonl', '--from', path], db.url)
  for (let waits = 0; waits === 0; ) {
    const { rows } = await db.query(
      "select count(*)::int as n from pg_locks l where l.locktype = 'transactionid' and not l.granted",
    )
    waits = Number(rows[0]?.n)
  }
  await writer.query('commit')
  const { imported, skipped } = await importing
  assert.deepEqual(
    [imported, skipped.map(({ reason }: { reason: string }) => reason)],
    [1, ['id_taken']],
  )
  const { rows } = await db.query('select user_id from torii.passwords')
  assert.deepEqual(rows, [{ user_id: other }])
  const { rows: claims } = await db.query('select user_id from torii.user_emails')
  assert.deepEqual(claims, [{ user_id: other }])
})

test('export leaves out what no longer counts', async () => {
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
      totp: { secret: 'MZXW6YTBOIMZXW6YTBOI' },
      recoveryCodes: ['abcdefgh'],
    },
    {
      id: randomUUID(),
      email: 'd@example.com',
      emailVerified: false,
      disabled: true,
      totp: { secret: 'MZXW6YTBOIMZXW6YTBOI' },
      recoveryCodes: ['abcdefgh', '12345abc'],
    },
  )
  await report(['jsonl', '--from', path], db.url)
  await db.query(
    `with t as (
       update torii.totp_factors set recovery_generation = 2 returning user_id
     )
     update torii.recovery_codes c set generation = 2
     where code_hash = (select o.code_hash from torii.recovery_codes o where o.user_id = c.user_id limit 1)`,
  )
  await db.query(
    `insert into torii.passkeys (credential_id, id, user_id, owner_epoch, public_key, sign_count, user_handle,
       user_verified, backup_eligible, backed_up, aaguid, transports, name)
     values ('x', $2, $1, 0, 'x', 0, 'x', true, false, false, $2, '{}', 'Laptop')`,
    [id, randomUUID()],
  )
  await db.query('update torii.users set owner_epoch = 1, second_factor_epoch = 0 where id = $1', [
    id,
  ])
  const env = { DATABASE_URL: db.url }
  const { stdout, stderr, status } = await runHere(['export', '--format', 'jsonl'], env)
  assert.deepEqual([status, stderr], [0, 'exported 2 accounts\n'])
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
  assert.equal(byEmail('d@example.com').recoveryCodeHashes.length, 1)
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
    passkeys: [passkeyOf(4)],
    ...factorOf(6),
  })
  const expected = { imported: 1, merged: 0, skipped: [], leftOut: [] }
  assert.deepEqual(await report(['jsonl', '--from', path], url), expected)
  assert.deepEqual(await report(['jsonl', '--from', path], url), {
    ...expected,
    imported: 0,
    merged: 1,
  })
}, 60_000)
