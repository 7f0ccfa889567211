import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { resolveKeys } from '../crypto/key-ring.js'
import type { OwnProvider } from '../services/oauth/own-provider.test.support.js'
import type { FlowSecrets } from './flow-secrets.js'
import { newFlowSecrets } from './flow-secrets.js'
import type { OAuthProvider } from './provider.js'
import { resolveProviders } from './provider.js'
import type { ProviderClient } from './provider-client.js'
import { createProviderClient } from './provider-client.js'
import type { ProviderProblem } from './provider-failure.js'
import { ProviderFailure } from './provider-failure.js'
import { oidc } from './providers/oidc.js'

export const redirectUri = 'https://app.example/auth/oauth/work/callback'
export const limits = { requestSeconds: 5, bodyBytes: 65_536 }
export const clientId = 'torii'

/** The protocol client of a definition, as the service makes it. */
export function clientOf(definition: OAuthProvider, given = limits): ProviderClient {
  const [provider] = resolveProviders([definition])
  assert.ok(provider)
  return createProviderClient(provider, redirectUri, given)
}

export const workProvider = (issuer: string, more: Partial<OAuthProvider> = {}): OAuthProvider => ({
  ...oidc({ name: 'work', issuer, clientId, clientSecret: 'client secret', allowLoopback: true }),
  ...more,
})

/** A flow of a browser of its own. */
export const newFlow = (issuer: string, browser: unknown = null): FlowSecrets =>
  newFlowSecrets(
    keys,
    { provider: 'work', issuer, clientId, redirectUri },
    {
      browser,
      redirectTo: null,
      remember: true,
      actor: null,
      expiresAt: new Date(Date.now() + 600_000),
      globalEpoch: 0,
    },
  )

const keys = resolveKeys([{ id: 'k1', secret: randomBytes(32) }])

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** The claims of a good ID token for this flow. */
export const goodClaims = (provider: OwnProvider, flow: FlowSecrets) => ({
  iss: provider.origin,
  aud: clientId,
  sub: 'person-1',
  iat: nowSeconds(),
  exp: nowSeconds() + 300,
  nonce: flow.nonce,
  email: 'ada@example.com',
  email_verified: true,
})

/** What a good token endpoint says. */
export const tokenAnswer = (idToken: string, more: Record<string, unknown> = {}) => ({
  access_token: 'an access token',
  token_type: 'Bearer',
  expires_in: 3600,
  id_token: idToken,
  ...more,
})

/** What the browser brings back. */
export const answerTo = (flow: FlowSecrets, more: Record<string, string> = {}): URLSearchParams =>
  new URLSearchParams({ code: 'the-code', state: flow.state, ...more })

/** For assert.rejects: a failure of this kind, which shows nothing of what was answered. */
export const isFailure = (problem: ProviderProblem, detail?: string | null) => (error: unknown) => {
  assert.ok(error instanceof ProviderFailure, String(error))
  assert.equal(error.problem, problem, error.message)
  if (detail !== undefined) assert.equal(error.detail, detail)
  assert.equal(error.cause, undefined)
  return true
}
