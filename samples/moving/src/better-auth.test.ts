import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { passkey } from '@better-auth/passkey'
import { betterAuth } from 'better-auth'
import { symmetricEncrypt } from 'better-auth/crypto'
import { getMigrations } from 'better-auth/db/migration'
import { admin, twoFactor } from 'better-auth/plugins'
import { assertReport, firstOf, keyOf, openSite, recordsOf, usersOf } from './site.js'

const secret = 'a secret of this sample, of no other use, long enough'
const password = 'lamp otter cargo violin'
const site = await openSite()

const auth = betterAuth({
  database: site.oldPool,
  secret,
  baseURL: 'http://localhost:3000',
  emailAndPassword: { enabled: true },
  account: { encryptOAuthTokens: true },
  plugins: [passkey(), twoFactor(), admin()],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
})

void test('users of Better Auth sign in here with their passwords', async () => {
  const { runMigrations } = await getMigrations(auth.options)
  await runMigrations()
  const { internalAdapter, adapter } = await auth.$context
  const ada = await signUp('ada@example.com', 'Ada 🗝')
  const ben = await signUp('ben@example.com', '')
  const eve = await signUp('eve@example.com', 'Eve')
  await internalAdapter.updateUser(ada.user.id, { emailVerified: true })
  await internalAdapter.updateUser(eve.user.id, { banned: true })
  await internalAdapter.createOAuthUser(
    { name: 'Cleo', email: 'cleo@example.com', emailVerified: true },
    {
      providerId: 'github',
      accountId: '17',
      accessToken: await symmetricEncrypt({ key: secret, data: 'access' }),
      refreshToken: await symmetricEncrypt({ key: secret, data: 'refresh' }),
    },
  )
  const headers = new Headers({ cookie: ben.cookie })
  const enabled = await auth.api.enableTwoFactor({ body: { password }, headers })
  assert.ok('totpURI' in enabled)
  await adapter.create({
    model: 'passkey',
    data: {
      name: 'Laptop',
      publicKey: Buffer.from('a5010203262001215820', 'hex').toString('base64'),
      userId: ada.user.id,
      credentialID: 'AQIDBA',
      counter: 3,
      deviceType: 'multiDevice',
      backedUp: true,
      transports: 'internal,hybrid',
      createdAt: new Date(),
    },
  })
  const env = { BETTER_AUTH_SECRET: secret }
  const records = await recordsOf('better-auth', site.oldUrl, env)
  const factor = new URL(enabled.totpURI).searchParams.get('secret')
  assert.deepEqual(
    records.get('ben@example.com')?.totp,
    undefined,
    'a factor that was not confirmed',
  )
  await verifyFactor(ben.cookie, factor ?? '')
  const confirmed = await recordsOf('better-auth', site.oldUrl, env)
  assert.deepEqual(confirmed.get('ben@example.com')?.totp, {
    secret: factor,
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
  })
  assert.deepEqual(confirmed.get('ben@example.com')?.recoveryCodes, enabled.backupCodes)
  const without = await recordsOf('better-auth', site.oldUrl)
  assert.equal(without.get('ben@example.com')?.totp, 'unreadable')
  assert.equal(without.get('ben@example.com')?.recoveryCodes, undefined)
  const session = firstOf(confirmed.get('ada@example.com'), 'sessions')
  assert.equal(session?.key, keyOf(ada.token ?? ''))
  const key = firstOf(confirmed.get('ada@example.com'), 'passkeys')
  assert.deepEqual(
    [key?.credentialId, key?.publicKey, key?.signCount, key?.backupEligible, key?.transports],
    [
      'AQIDBA',
      Buffer.from('a5010203262001215820', 'hex').toString('base64url'),
      3,
      true,
      ['internal', 'hybrid'],
    ],
  )
  const account = firstOf(confirmed.get('cleo@example.com'), 'oauthAccounts')
  assert.deepEqual(account?.tokens, {
    accessToken: 'access',
    refreshToken: 'refresh',
    scope: null,
    expiresAt: null,
  })
  assertReport(await site.importFrom('better-auth', [], env), 4)
  assert.deepEqual(
    (await usersOf(site.pool)).map(({ email, verified, name, disabled, passwords, accounts }) => [
      email,
      verified,
      name,
      disabled,
      passwords,
      accounts,
    ]),
    [
      ['ada@example.com', true, 'Ada 🗝', false, 1, 0],
      ['ben@example.com', false, null, false, 1, 0],
      ['cleo@example.com', true, 'Cleo', false, 0, 1],
      ['eve@example.com', false, 'Eve', true, 1, 0],
    ],
  )
  const context = { ip: '192.0.2.1', userAgent: null }
  const input = { email: 'ada@example.com', password }
  const signedIn = await site.torii.password.authenticate(input, context)
  assert.equal(signedIn.ok, true)
  const wrong = await site.torii.password.authenticate(
    { ...input, password: 'lamp otter' },
    context as never,
  )
  assert.equal(wrong.ok, false)
  const again = await site.importFrom('better-auth')
  assert.deepEqual(again, { imported: 0, merged: 4, skipped: [], leftOut: [] })
})

async function signUp(email: string, name: string) {
  const { headers, response } = await auth.api.signUpEmail({
    body: { email, name, password },
    returnHeaders: true,
  })
  return { ...response, cookie: headers.get('set-cookie')?.split(';')[0] ?? '' }
}

/** Confirms a factor with its present code. */
async function verifyFactor(cookie: string, secret: string) {
  const bytes = (secret.match(/.{1,8}/g) ?? []).flatMap((part) => {
    const bits = [...part]
      .map((digit) => alphabet.indexOf(digit).toString(2).padStart(5, '0'))
      .join('')
    return (bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2))
  })
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', Buffer.from(bytes)).update(step).digest()
  const at = (mac.at(-1) ?? 0) & 15
  const code = String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
  await auth.api.verifyTOTP({ body: { code }, headers: new Headers({ cookie }) })
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
