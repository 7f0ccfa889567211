import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { passkey } from '@better-auth/passkey'
import { betterAuth } from 'better-auth'
import { symmetricEncrypt } from 'better-auth/crypto'
import { getMigrations } from 'better-auth/db/migration'
import { admin, twoFactor } from 'better-auth/plugins'
import { assertStays, type Browser, emailIn, openBrowser, origin } from './browser.js'
import { assertReport, firstOf, keyOf, openSite, recordsOf, usersOf } from './site.js'
import { totpCode } from './totp.js'

const secret = 'a secret of this sample, of no other use, long enough'
const password = 'lamp otter cargo violin'
const site = await openSite()

const auth = betterAuth({
  database: site.oldPool,
  secret,
  baseURL: origin,
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
  const publicKey = newPublicKey()
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
      publicKey: publicKey.toString('base64'),
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
    ['AQIDBA', publicKey.toString('base64url'), 3, true, ['internal', 'hybrid']],
  )
  const account = firstOf(confirmed.get('cleo@example.com'), 'oauthAccounts')
  assert.deepEqual(account?.tokens, {
    accessToken: 'access',
    refreshToken: 'refresh',
    scope: null,
    expiresAt: null,
  })
  assertReport(await site.importFrom('better-auth', [], env), 4, 3)
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

const torii = site.continuing({ from: 'better-auth', secret })
const sessionCookie = '__Secure-better-auth.session_token'

void test('users of Better Auth stay signed in, by its signed cookie alone', async () => {
  const email = 'dora@example.com'
  await signUp(email, 'Dora')
  await site.oldPool.query(`update "user" set "emailVerified" = true where email = $1`, [email])
  const browser = openBrowser(auth.handler)
  const answer = await browser.send('POST', '/api/auth/sign-in/email', { email, password })
  assert.equal(answer.status, 200)
  const cookie = browser.cookies.get(sessionCookie) ?? assert.fail('no cookie')
  assert.equal(await emailIn(openBrowser(torii, browser.cookies)), null, 'before the import')
  const { imported, merged, sessions } = await site.importFrom('better-auth')
  assert.deepEqual({ imported, merged, sessions }, { imported: 1, merged: 4, sessions: 2 })

  const [token = ''] = decodeURIComponent(cookie).split('.')
  const another = site.continuing({ from: 'better-auth', secret: `${secret}, but another` })
  const forged = encodeURIComponent(`${token}.${Buffer.alloc(32).toString('base64')}`)
  for (const value of [forged, token, cookie.slice(0, -8)])
    assert.equal(await emailIn(openBrowser(torii, new Map([[sessionCookie, value]]))), null)
  assert.equal(await emailIn(openBrowser(another, browser.cookies)), null)
  await assertStays(torii, browser.cookies, email)
})

void test('a second factor of Better Auth is asked of a session that stays and of a sign-in', async () => {
  const email = 'fay@example.com'
  const fay = await signUp(email, 'Fay')
  const headers = new Headers({ cookie: fay.cookie })
  const enabled = await auth.api.enableTwoFactor({ body: { password }, headers })
  assert.ok('totpURI' in enabled)
  const factor = new URL(enabled.totpURI).searchParams.get('secret') ?? ''
  await verifyFactor(fay.cookie, factor)
  // Two steps, as at every sign-in of Better Auth.
  const old = openBrowser(auth.handler)
  await old.send('POST', '/api/auth/sign-in/email', { email, password })
  assert.equal(old.cookies.has(sessionCookie), false)
  await old.send('POST', '/api/auth/two-factor/verify-totp', { code: totpCode(factor) })
  assert.ok(old.cookies.has(sessionCookie))
  const early = totpCode(factor)
  const { imported, leftOut } = await site.importFrom('better-auth', [], {
    BETTER_AUTH_SECRET: secret,
  })
  assert.deepEqual({ imported, leftOut }, { imported: 1, leftOut: [] })

  const prove = async (browser: Browser, proof: object) => {
    const page = await (await browser.send('GET', '/auth/second-factors/verify')).text()
    const [, pendingId] = /name="pendingId" value="([^"]+)"/.exec(page) ?? []
    const body = { pendingId, ...proof }
    return (await browser.send('POST', '/auth/second-factors/verify', body)).status
  }
  const staying = openBrowser(torii, old.cookies)
  assert.equal(await emailIn(staying), null)
  assert.ok(staying.cookies.has('__Host-torii-pending'))
  assert.equal(await prove(staying, { code: early }), 422, 'from before the import')
  await site.pool.query('update torii.totp_factors set last_step = last_step - 2')
  assert.equal(await prove(staying, { code: totpCode(factor) }), 200)
  assert.equal(await emailIn(staying), email)
  assert.equal(await emailIn(openBrowser(torii, old.cookies)), null, 'a session goes on once')

  const signIn = async () => {
    const browser = openBrowser(torii)
    const answer = await browser.send('POST', '/auth/password/authenticate', { email, password })
    assert.equal(answer.status, 401)
    assert.equal(await emailIn(browser), null)
    return browser
  }
  const [recoveryCode, another] = enabled.backupCodes
  assert.equal(await prove(await signIn(), { recoveryCode }), 200)
  const second = await signIn()
  assert.equal(await prove(second, { recoveryCode }), 422)
  assert.equal(await prove(second, { recoveryCode: another }), 200)
  assert.equal(await emailIn(second), email)
})

async function signUp(email: string, name: string) {
  const { headers, response } = await auth.api.signUpEmail({
    body: { email, name, password },
    returnHeaders: true,
  })
  return { ...response, cookie: headers.get('set-cookie')?.split(';')[0] ?? '' }
}

/** A key as WebAuthn has it: ES256 in COSE. @see RFC 9053, 7.1.1 */
function newPublicKey(): Buffer {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  })
  const [head, between] = [Buffer.from('a5010203262001215820', 'hex'), Buffer.from('225820', 'hex')]
  return Buffer.concat([head, Buffer.from(x, 'base64url'), between, Buffer.from(y, 'base64url')])
}

/** Confirms a factor with its present code. */
async function verifyFactor(cookie: string, secret: string) {
  const headers = new Headers({ cookie })
  await auth.api.verifyTOTP({ body: { code: totpCode(secret) }, headers })
}
