import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { InvalidOptionsError } from 'torii-core'
import { describe, test } from 'vitest'
import type { OAuthProvider } from './provider.js'
import { ClientSecret, isProviderName, resolveProviders } from './provider.js'
import { github } from './providers/github.js'
import { google } from './providers/google.js'
import { microsoft } from './providers/microsoft.js'
import { oidc } from './providers/oidc.js'

const credentials = { clientId: 'id', clientSecret: 'hush, a secret' }
const work = oidc({ name: 'work', issuer: 'https://id.example', ...credentials })

test('without providers there are none', () => assert.deepEqual(resolveProviders(undefined), []))

test('the provider files are good definitions; trust is the exception, keeping tokens too', () => {
  const given = [google(credentials), github(credentials), microsoft(credentials), work]
  const resolved = resolveProviders(given)
  assert.deepEqual(
    resolved.map(({ name, trustEmail, keepTokens, enabled, allowLoopback }) => [
      ...[name, trustEmail, keepTokens, enabled, allowLoopback],
    ]),
    [
      ['google', true, false, true, false],
      ['github', true, false, true, false],
      ['microsoft', false, false, true, false],
      ['work', false, false, true, false],
    ],
  )
  assert.ok(resolved.every(Object.isFrozen))
})

test('the client secret prints [redacted], and is in no refusal', () => {
  const [provider] = resolveProviders([work])
  assert.ok(!inspect(provider, { depth: null, showHidden: true }).includes('hush'))
  assert.ok(!JSON.stringify(provider).includes('hush'))
  assert.ok(provider?.clientSecret instanceof ClientSecret)
  assert.equal(provider.clientSecret.reveal(), 'hush, a secret')
  for (const change of [{ clientSecret: ' \n hush' }, { name: 'Hush' }, { issuer: 'hush' }])
    assert.throws(
      () => resolveProviders([{ ...work, ...change }]),
      (error) => error instanceof InvalidOptionsError && !inspect(error).includes('hush'),
    )
})

describe('names of providers, as the original tests them', () => {
  for (const name of ['google', 'my-provider', 'oauth2', 'a', 'a'.repeat(50)])
    test(`valid: ${name}`, () => assert.ok(isProviderName(name)))
  for (const name of ['', 'Google', 'my_provider', 'my.provider', 'a'.repeat(51), 'a/b', 7, null])
    test(`invalid: ${String(name)}`, () => assert.ok(!isProviderName(name)))
})

const trusted = { acr: ['2'] }
const refused: readonly (readonly [string, Record<string, unknown>])[] = [
  ['trustFirstFactor', { trustFirstFactor: 'yes' }],
  ['trustSecondFactor', { trustSecondFactor: true }],
  ['trustSecondFactor', { trustSecondFactor: null }],
  ['trustSecondFactor', { trustSecondFactor: {} }],
  ['trustSecondFactor', { trustSecondFactor: { acr: [], amr: [] } }],
  ['trustSecondFactor', { trustSecondFactor: trusted, requireIdToken: false }],
  ['trustSecondFactor.acrs', { trustSecondFactor: { acrs: ['2'] } }],
  ['trustSecondFactor.acr', { trustSecondFactor: { acr: '2' } }],
  ['trustSecondFactor.amr[1]', { trustSecondFactor: { amr: ['mfa', 2] } }],
  ['trustSecondFactor.acr[0]', { trustSecondFactor: { acr: [''] } }],
  ['trustSecondFactor.maxAgeSeconds', { trustSecondFactor: { ...trusted, maxAgeSeconds: -1 } }],
  ['trustSecondFactor.maxAgeSeconds', { trustSecondFactor: { ...trusted, maxAgeSeconds: 86_401 } }],
  ['parameters.max_age', { trustSecondFactor: trusted, parameters: { max_age: '60' } }],
  ['name', { name: 'Google' }],
  ['name', { name: undefined }],
  ['displayName', { displayName: ' ' }],
  ['clientId', { clientId: '' }],
  ['clientId', { clientId: undefined }],
  ['clientSecret', { clientSecret: '' }],
  ['clientSecret', { clientSecret: 7 }],
  ['clientAuthentication', { clientAuthentication: 'none' }],
  ['scopes', { scopes: 'openid' }],
  ['scopes', { scopes: ['open id'] }],
  ['scopes', { scopes: [7] }],
  ['parameters.state', { parameters: { state: 'fixed' } }],
  ['parameters.code_challenge_method', { parameters: { code_challenge_method: 'plain' } }],
  ['parameters.redirect_uri', { parameters: { redirect_uri: 'https://evil.example' } }],
  ['parameters.prompt', { parameters: { prompt: 7 } }],
  ['issuer', { issuer: 'http://id.example' }],
  ['issuer', { issuer: 'http://localhost:8080' }],
  ['issuer', { issuer: 'http://id.example', allowLoopback: true }],
  ['issuer', { issuer: 'http://localhost.example', allowLoopback: true }],
  ['issuer', { issuer: 'https://user:password@id.example' }],
  ['issuer', { issuer: 'https://id.example/#x' }],
  ['isIssuer', { isIssuer: 'yes' }],
  [
    'endpoints.token',
    { endpoints: { authorization: 'https://a.example', jwks: 'https://a.example' } },
  ],
  [
    'endpoints.jwks',
    { endpoints: { authorization: 'https://a.example', token: 'https://a.example' } },
  ],
  ['endpoints.tokn', { endpoints: { tokn: 'https://a.example' } }],
  ['trustEmail', { trustEmail: 'true' }],
  ['enabled', { enabled: 0 }],
  ['readProfile', { readProfile: undefined }],
  ['secret', { secret: 'x' }],
]
for (const [option, change] of refused)
  test(`refused by its name: ${option} in ${JSON.stringify(change)}`, () => {
    assert.throws(
      // What JavaScript callers and configuration files can hand over.
      () => resolveProviders([{ ...work, ...change } as OAuthProvider]),
      (error) =>
        error instanceof InvalidOptionsError &&
        error.message.startsWith(`option oauth.providers[0].${option}:`),
    )
  })

test('http on this machine is allowed where the definition says so', () => {
  for (const issuer of ['http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1'])
    assert.equal(resolveProviders([{ ...work, issuer, allowLoopback: true }]).length, 1)
})

test('no list, no object and a name used twice are refused', () => {
  for (const value of [null, {}, 'google', [null], ['google'], [[]]])
    assert.throws(() => resolveProviders(value), InvalidOptionsError)
  assert.throws(
    () => resolveProviders([work, work]),
    /providers\[1\]\.name: must not be used twice/,
  )
})
