import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { SessionToken } from 'torii-core'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'
import type { ProviderPerson } from './real-provider.test.support.js'
import { startRealProvider } from './real-provider.test.support.js'
import { unreachable } from './unreachable.test.support.js'

// A site of its own for each test file that imports this: PostgreSQL, a certified provider, a mailbox.

const callbackOf = (name: string) => `https://app.example/auth/oauth/${name}/callback`
export const provider = await startRealProvider(['work', 'play', 'closed'].map(callbackOf), {
  issueRefreshToken: async () => true,
})
export const [secret, newSecret] = [randomBytes(32), randomBytes(32)]
export const mailbox = await openMailbox()
export const definition = workProvider(provider.issuer, provider.client)
export const siteOptions = {
  mailer: mailbox.mailer,
  keys: [{ id: 'k1', secret }],
  oauth: {
    providers: [
      { ...definition, trustEmail: true, keepTokens: true },
      { ...definition, name: 'play' },
      { ...definition, name: 'closed', enabled: false },
    ],
  },
}
export const site = await openTestSite(siteOptions)
export const { torii, db } = site

export async function unreachableEndpoints() {
  const origin = await unreachable()
  return {
    authorization: `${origin}/authorize`,
    token: `${origin}/token`,
    jwks: `${origin}/keys`,
  }
}

let people = 0
export const newPerson = (more: Record<string, unknown> = {}): ProviderPerson => ({
  sub: `person-${++people}`,
  email: newEmail(),
  email_verified: true,
  name: 'Ada',
  ...more,
})

/** Goes to the provider and comes back, as one browser. */
export async function walk(
  person: ProviderPerson,
  name = 'work',
  redirectTo: string | null = null,
) {
  const started = await torii.oauth.start(name, { redirectTo }, requestInfo)
  assert.ok(started.ok)
  const back = await provider.signIn(started.url, person)
  return { query: back.searchParams, browser: started.browser, valid: null }
}

export async function signIn(person: ProviderPerson, name = 'work') {
  const outcome = await torii.oauth.callback(name, await walk(person, name), requestInfo)
  assert.ok(outcome.ok && outcome.kind === 'signed_in', JSON.stringify(outcome))
  return outcome
}

export async function validated(token: SessionToken) {
  const valid = await torii.sessions.validate(token)
  assert.ok(valid !== null)
  return valid
}
