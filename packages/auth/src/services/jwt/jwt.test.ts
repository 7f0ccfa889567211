import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { createLocalJWKSet, jwtVerify, SignJWT, UnsecuredJWT } from 'jose'
import { InvalidOptionsError } from 'torii-core'
import { test, vi } from 'vitest'
import { newKeyPair } from '../../test/key-pair.test.support.js'
import {
  baseUrl,
  goodPassword,
  newEmail,
  openTestSite,
  requestInfo,
} from '../../test/site.test.support.js'
import type { JwtKey } from '../options/jwt.js'

const ed = newKeyPair('Ed25519')
const ec = newKeyPair('P-256')
const rsa = newKeyPair('RSA')
const keys: JwtKey[] = [
  { id: 'ed-1', algorithm: 'EdDSA', privateKey: ed.privateKey },
  {
    id: 'ec-1',
    algorithm: 'ES256',
    privateKey: ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  },
  { id: 'rsa-1', algorithm: 'RS256', privateKey: rsa.privateKey },
]
const audience = 'api.example'
const site = await openTestSite({ jwt: { keys, audience } })
const { torii } = site

async function signedIn() {
  const made = await torii.password.register(
    { email: newEmail(), password: goodPassword },
    requestInfo,
  )
  assert.ok(made.ok && made.token !== null)
  const valid = await torii.sessions.validate(made.token)
  assert.ok(valid !== null)
  return valid
}

test('a token contains the user and the session, and is verified without a statement', async () => {
  const valid = await signedIn()
  const { result, statements } = await site.counted(async () => {
    const { jwt } = await torii.jwt.mint(valid)
    return torii.jwt.verify(jwt)
  })
  assert.ok(result !== null)
  assert.equal(statements, 0)
  assert.deepEqual(
    [result.userId, result.sessionId, result.methods],
    [valid.user.id, valid.session.id, ['password']],
  )
})

test('a token is valid from now on although the clock of the process is 40 days ahead or behind', async () => {
  const email = newEmail()
  const made = await torii.password.register({ email, password: goodPassword }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  for (const days of [40, -40]) {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * 86_400_000 })
    const valid = await torii.sessions.validate(made.token)
    assert.ok(valid !== null)
    const { jwt, expiresAt } = await torii.jwt.mint(valid)
    vi.useRealTimers()
    const claims = await torii.jwt.verify(jwt)
    assert.ok(claims !== null, `${days} days`)
    const { lifetimeSeconds } = torii.options.jwt ?? {}
    const { rows } = await site.db.query('select extract(epoch from now())::float8 as now')
    const left = expiresAt.getTime() / 1000 - Number(rows[0]?.now)
    assert.ok(Math.abs(left - (lifetimeSeconds ?? 0)) < 10, `${left} seconds`)
  }
})

test('every algorithm signs tokens that jose alone verifies', async () => {
  const valid = await signedIn()
  for (const key of keys) {
    const one = site.with({ jwt: { keys: [key], audience } })
    const { jwt } = await one.jwt.mint(valid)
    const jwks = await one.jwt.keys()
    assert.ok(jwks.keys.every((jwk) => jwk.d === undefined && jwk.alg === key.algorithm))
    const { payload } = await jwtVerify(jwt.reveal(), createLocalJWKSet(jwks), {
      issuer: baseUrl,
      audience,
      typ: 'session+jwt',
    })
    assert.equal(payload.sub, valid.user.id)
  }
})

test('a rotated key verifies until it is removed', async () => {
  const valid = await signedIn()
  const { jwt } = await torii.jwt.mint(valid)
  const rotated = site.with({ jwt: { keys: [...keys].reverse(), audience } })
  assert.ok(await rotated.jwt.verify(jwt))
  const without = site.with({ jwt: { keys: keys.slice(1), audience } })
  assert.equal(await without.jwt.verify(jwt), null)
})

test('T2.42 verify() returns null for unsigned, foreign, mistyped, misaddressed, endless and expired tokens', async () => {
  const valid = await signedIn()
  const header = { alg: 'EdDSA', kid: 'ed-1', typ: 'session+jwt' }
  const good = (more: Record<string, unknown> = {}) =>
    new SignJWT({ sid: valid.session.id, amr: ['password'], auth_time: 1 })
      .setProtectedHeader({ ...header, ...more })
      .setIssuer(baseUrl)
      .setAudience(audience)
      .setSubject(valid.user.id)
      .setIssuedAt()
      .setExpirationTime('5 minutes')
  const sign = (token: SignJWT) => token.sign(ed.privateKey)
  assert.ok(await torii.jwt.verify(await sign(good())))
  const secret = Buffer.from(ed.publicKey.export({ type: 'spki', format: 'pem' }).toString())
  const bad = [
    new UnsecuredJWT({ sid: valid.session.id }).setSubject(valid.user.id).encode(),
    await good({ alg: 'HS256' }).sign(secret),
    await good({ alg: 'ES256' }).sign(ec.privateKey),
    await good().sign(newKeyPair('Ed25519').privateKey),
    await sign(good({ typ: 'JWT' })),
    await sign(good({ typ: undefined })),
    await sign(good({ kid: '../../ed-1' })),
    await sign(good({ kid: undefined })),
    await sign(good({ jku: 'https://evil.example/keys' })),
    await sign(good({ jwk: { kty: 'OKP' } })),
    await sign(good().setAudience('somebody.else')),
    await sign(good().setIssuer('https://evil.example')),
    await sign(good().setExpirationTime('-1 minutes')),
    await sign(good().setNotBefore('1 minute')),
    await sign(good().setSubject('not an id')),
    await sign(
      new SignJWT({ sid: valid.session.id, amr: [], auth_time: 1 })
        .setProtectedHeader(header)
        .setIssuer(baseUrl)
        .setAudience(audience)
        .setSubject(valid.user.id)
        .setIssuedAt(),
    ),
    '',
    'a.b.c',
    'x'.repeat(10_000),
  ]
  for (const [index, token] of bad.entries())
    assert.equal(await torii.jwt.verify(token), null, `token ${index}`)
})

test('a token expires with its session at the latest, and prints as [redacted]', async () => {
  const valid = await signedIn()
  const soon = new Date(Date.now() + 60_000)
  const ending = { ...valid, session: { ...valid.session, absoluteExpiresAt: soon } }
  const { jwt, expiresAt } = await torii.jwt.mint(ending)
  assert.ok(expiresAt <= soon)
  for (const text of [String(jwt), JSON.stringify({ jwt }), inspect({ jwt })])
    assert.ok(text.includes('[redacted]') && !text.includes('eyJ'))
})

test('own claims are included; names that Torii sets are refused', async () => {
  const valid = await signedIn()
  const named = site.with({ jwt: { keys, audience, claims: () => ({ role: 'reader' }) } })
  const { jwt } = await named.jwt.mint(valid)
  assert.equal((await named.jwt.verify(jwt))?.payload.role, 'reader')
  for (const name of ['sub', 'exp', 'sid']) {
    const wrong = site.with({ jwt: { keys, audience, claims: () => ({ [name]: 'x' }) } })
    await assert.rejects(wrong.jwt.mint(valid), InvalidOptionsError)
  }
})

test('unsuitable keys are refused at start, without repeating the key', () => {
  const pem = ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  for (const jwt of [
    { keys: [], audience },
    { keys: [{ id: 'a', algorithm: 'EdDSA', privateKey: pem }], audience },
    { keys: [{ id: 'a', algorithm: 'RS256', privateKey: weak }], audience },
    { keys: [{ id: 'a', algorithm: 'HS256', privateKey: pem }], audience },
    { keys: [{ id: '../a', algorithm: 'ES256', privateKey: pem }], audience },
    { keys: [{ id: 'a', algorithm: 'ES256', privateKey: pem.slice(0, 60) }], audience },
    { keys: [...keys, keys[0]], audience },
    { keys, audience: '' },
    { keys, audience, lifetimeSeconds: 901 },
  ])
    assert.throws(
      // @ts-expect-error: what JavaScript may call it with
      () => site.with({ jwt }),
      (error: unknown) =>
        error instanceof InvalidOptionsError && !error.message.includes(pem.slice(30, 60)),
    )
})

test('without the option jwt no tokens are created or verified', async () => {
  const bare = site.with({ jwt: undefined as never })
  await assert.rejects(bare.jwt.mint(await signedIn()), InvalidOptionsError)
})
