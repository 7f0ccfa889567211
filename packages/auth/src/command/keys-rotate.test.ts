import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { EncryptedTotpSecret } from 'torii-core'
import { newOAuthAccountId, newUserId } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { resolveKeys } from '../crypto/key-ring.js'
import { decryptTokens, encryptTokens } from '../oauth-client/provider-tokens.js'
import { decryptSecret, encryptSecret } from '../services/second-factors/stored-secret.js'

const cli = fileURLToPath(new URL('./cli.js', import.meta.resolve('torii-storage-postgres')))
const secretOf = () => randomBytes(32).toString('base64url')
const secrets = { k1: secretOf(), k2: secretOf(), k3: secretOf() }
const textOf = (...ids: (keyof typeof secrets)[]) =>
  ids.map((id) => `${id}:${secrets[id]}`).join(',')
const ringOf = (...ids: (keyof typeof secrets)[]) =>
  resolveKeys(ids.map((id) => ({ id, secret: secrets[id] })))

async function run(words: readonly string[], env: Record<string, string>) {
  const { TORII_KEYS: _, ...rest } = process.env
  const child = spawn(process.execPath, [cli, ...words], {
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => (stdout += data))
  child.stderr.on('data', (data) => (stderr += data))
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  for (const secret of Object.values(secrets)) assert.ok(!`${stdout}${stderr}`.includes(secret))
  return { status, stdout, stderr }
}

test('keys rotate re-encrypts what it can, counts what is left, and says when the old key can go', async () => {
  const database = await testDatabase()
  const storage = await PostgresStorage.connect(database.url)
  const granted = {
    accessToken: 'an access token',
    refreshToken: null,
    expiresAt: null,
    scope: null,
  }
  const keep = async (subject: string, keys: ReturnType<typeof ringOf>) => {
    const id = newUserId()
    await storage.users.register({ id, email: `${subject}@example.com` })
    const owner = { provider: 'example', subject }
    await database.query(
      `insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch, tokens)
       values ('example', $1, $2, $3, 0, $4)`,
      [subject, newOAuthAccountId(), id, Buffer.from(encryptTokens(keys, granted, owner))],
    )
    return id
  }
  try {
    for (let n = 0; n < 120; n += 1) await keep(`s${n}`, ringOf('k1'))
    await keep('fresh', ringOf('k2'))
    await keep('lost', ringOf('k3'))
    const peppered = await keep('peppered', ringOf('k2'))
    const pepper = () =>
      database.query(
        `insert into torii.passwords (user_id, hash, owner_epoch)
         values ($1, '$argon2id$v=19$m=19456,t=2,p=1,keyid=azE$c2FsdHNhbHQ$aGFzaGhhc2g', 0)`,
        [peppered],
      )
    await pepper()
    await database.query(
      `insert into torii.totp_factors (user_id, secret, last_step, created_at) values ($1, $2, 0, now())`,
      [peppered, encryptSecret(ringOf('k1'), Buffer.alloc(20, 7), peppered)],
    )
    const env = (keys: string) => ({ DATABASE_URL: database.url, TORII_KEYS: keys })
    const first = await run(['keys', 'rotate', '--json'], env(textOf('k2', 'k1')))
    assert.deepEqual(JSON.parse(first.stdout), {
      currentKey: 'k2',
      reencrypted: 120,
      unreadable: 1,
      busy: 0,
      secrets: { reencrypted: 1, unreadable: 0 },
      left: 1,
      passwords: 1,
    })
    assert.deepEqual([first.status, first.stderr], [3, ''])
    const factors = await database.query('select secret from torii.totp_factors')
    const secret = factors.rows[0]?.secret as EncryptedTotpSecret
    assert.deepEqual(decryptSecret(ringOf('k2'), secret, peppered), Buffer.alloc(20, 7))
    const { rows } = await database.query<{ tokens: Buffer }>(
      `select tokens from torii.oauth_accounts where subject = 's7'`,
    )
    const tokens = rows[0]?.tokens ?? Buffer.alloc(0)
    const place = { provider: 'example', subject: 's7', tokens }
    assert.deepEqual(decryptTokens(ringOf('k2'), place), granted)
    // Run again it finds what is left, and its words say to keep the key.
    const again = await run(['keys', 'rotate'], env(textOf('k2', 'k1')))
    assert.equal(again.status, 3)
    assert.match(
      again.stdout,
      /^re-encrypted 0 provider tokens under k2\nre-encrypted 0 authenticator secrets under k2\n1 are under a key /,
    )
    assert.match(
      again.stdout,
      /\n1 passwords are peppered with another key[^\n]*\nKeep the old keys\.\n$/,
    )
    // Without the password the unreadable tokens alone hold the key.
    await database.query('delete from torii.passwords')
    const tokensLeft = await run(['keys', 'rotate', '--json'], env(textOf('k2', 'k1')))
    const some = JSON.parse(tokensLeft.stdout)
    assert.deepEqual([tokensLeft.status, some.left, some.passwords], [3, 1, 0])
    await pepper()
    // The provider tokens are all done now; the password alone holds the key.
    const peppers = await run(['keys', 'rotate', '--json'], env(textOf('k2', 'k1', 'k3')))
    const { reencrypted, left, passwords } = JSON.parse(peppers.stdout)
    assert.deepEqual([peppers.status, reencrypted, left, passwords], [3, 1, 0, 1])
    await database.query('delete from torii.passwords')
    const last = await run(['keys', 'rotate'], env(textOf('k2', 'k1', 'k3')))
    assert.equal(last.status, 0)
    assert.match(
      last.stdout,
      /^re-encrypted 0 provider tokens under k2\nre-encrypted 0 authenticator secrets under k2\nNothing stored needs the old keys\. Remove them an hour after/,
    )
  } finally {
    await storage.close()
  }
})

test('keys rotate refuses to run without keys and with malformed ones, and repeats no part of them', async () => {
  const database = await testDatabase()
  const call = (keys: string) =>
    run(['keys', 'rotate'], { DATABASE_URL: database.url, TORII_KEYS: keys })
  const [none, malformed, short] = await Promise.all([
    call(''),
    call(`${secrets.k1}`),
    call(`k1:${secrets.k1.slice(0, 9)}`),
  ])
  assert.equal(none.status, 2)
  assert.match(none.stderr, /^keys rotate reads the keys from TORII_KEYS: /)
  assert.equal(malformed.status, 2)
  assert.match(malformed.stderr, /^ERR_INVALID_OPTIONS: option TORII_KEYS: must be id:secret/)
  assert.equal(short.status, 2)
  assert.match(short.stderr, /^ERR_INVALID_OPTIONS: option keys\[0\]\.secret: /)
  assert.ok(!short.stderr.includes(secrets.k1.slice(0, 9)))
})
