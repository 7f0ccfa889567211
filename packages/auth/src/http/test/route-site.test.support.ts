import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ValidSession } from 'torii-core'
import type { Mailer, MailMessage, Torii, ToriiOptions } from '../../index.js'
import { tokenAnswer, workProvider } from '../../oauth-client/provider-client.test.support.js'
import { startOwnProvider } from '../../services/oauth/own-provider.test.support.js'
import { newKeyPair } from '../../test/key-pair.test.support.js'
import { goodPassword, newEmail, openTestSite } from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'

// A site with every feature, and people for whom every route has something to do.

export const provider = await startOwnProvider()
const mails: MailMessage[] = []
const mailer: Mailer = {
  async send(message) {
    mails.push(message)
  },
}

/** Every feature is on; nothing is sent anywhere. */
export const options: Partial<ToriiOptions> = {
  mailer,
  requireVerifiedEmail: false,
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  magicLink: { code: true },
  audit: true,
  jwt: {
    keys: [{ id: 'j1', algorithm: 'EdDSA', privateKey: newKeyPair('Ed25519').privateKey }],
    audience: 'api',
  },
  oauth: {
    providers: [
      { ...workProvider(provider.origin), idTokenAudiences: ['ios.example'] },
      { ...workProvider(provider.origin), name: 'posting', responseMode: 'form_post' },
    ],
  },
}
export const site = await openTestSite(options)
/** Prepares what a request needs, with the default limits. */
export const { torii } = site

/** Mails sent since the last call. */
export async function takeMails(of: Pick<Torii, 'settled'> = torii): Promise<MailMessage[]> {
  await of.settled()
  return mails.splice(0)
}

export const tokenIn = (message: MailMessage | undefined): string =>
  /\?token=(\S+)/.exec(message?.text ?? '')?.[1] ?? assert.fail('no token in the mail')

let ipAddresses = 0
/** An IP address from which nothing came yet. */
export const newInfo = () => ({
  ip: `2001:db8:${(++ipAddresses).toString(16)}::1`,
  userAgent: 'Test/1.0',
})

/** A signed-in user. */
export interface Visitor {
  readonly email: string
  readonly token: string
  readonly valid: ValidSession
}

async function visitorOf(email: string, token: { reveal(): string } | null): Promise<Visitor> {
  const revealed = token?.reveal() ?? assert.fail('not signed in')
  const valid = await torii.sessions.validate(revealed)
  assert.ok(valid !== null)
  return { email, token: revealed, valid }
}

/** Registers a user with a password and an unverified email address. */
export async function newVisitor(): Promise<Visitor> {
  const email = newEmail()
  const made = await torii.password.register({ email, password: goodPassword }, newInfo())
  assert.ok(made.ok, JSON.stringify(made))
  return visitorOf(email, made.token)
}

/** A user with a verified email address and no password. */
export async function newPasswordlessVisitor(): Promise<Visitor> {
  const email = newEmail()
  const { token } = await torii.magicLink.create({ email })
  const made = await torii.magicLink.authenticate({ token }, newInfo())
  assert.ok(made.ok)
  return visitorOf(email, made.token)
}

/** Adds a passkey for the visitor. */
export async function addPasskey({ valid }: Visitor) {
  const authenticator = new SoftwareAuthenticator()
  const asked = await torii.passkey.registerOptions(valid, newInfo())
  assert.ok(asked.ok)
  const response = authenticator.create(asked.options)
  const input = { challengeId: asked.challengeId, response, name: 'Laptop' }
  const added = await torii.passkey.register(valid, input, newInfo())
  assert.ok(added.ok)
  return { authenticator, id: added.passkey.id }
}

const seconds = () => Math.floor(Date.now() / 1000)
let people = 0

/** The claims of someone new, unless `person` says who it is. */
const claimsOf = (nonce: string, aud: string, person: object = {}) => ({
  ...{ iss: provider.origin, aud, sub: `person-${++people}`, nonce },
  ...{ iat: seconds(), exp: seconds() + 300, email: newEmail(), email_verified: true },
  ...person,
})

const idTokens = new Map<string, string>()
provider.answer('/token', (_request, response, body) => {
  const idToken = idTokens.get(new URLSearchParams(body).get('code') ?? '')
  response.writeHead(idToken === undefined ? 400 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(idToken === undefined ? {} : tokenAnswer(idToken)))
})

/** A flow that the provider has completed: the callback's query and the browser's secret. */
export async function completedFlow(
  linking: Visitor | null = null,
  remember = true,
  person: { readonly sub?: string; readonly email?: string } = {},
  redirectTo: string | null = null,
) {
  const input = { redirectTo, remember }
  const started =
    linking === null
      ? await torii.oauth.start('work', input, newInfo())
      : await torii.oauth.startLink(linking.valid, 'work', input, newInfo())
  assert.ok(started.ok)
  const { searchParams } = new URL(started.url)
  const code = `code-${++people}`
  idTokens.set(
    code,
    await provider.idToken(claimsOf(searchParams.get('nonce') ?? '', 'torii', person)),
  )
  const query = new URLSearchParams({ code, state: searchParams.get('state') ?? '' })
  return { query, browser: started.browser }
}

/** Links an account at the provider. */
export async function addAccount(visitor: Visitor): Promise<string> {
  const flow = await completedFlow(visitor)
  const linked = await torii.oauth.callback('work', { ...flow, valid: visitor.valid }, newInfo())
  assert.ok(linked.ok && linked.kind === 'linked', JSON.stringify(linked))
  return linked.account.id
}

/** An ID token of a native application, and its nonce. */
export async function nativeIdToken() {
  const created = await torii.oauth.createIdTokenNonce('work', newInfo())
  assert.ok(created.ok)
  const { nonce } = created
  return { nonce, idToken: await provider.idToken(claimsOf(nonce, 'ios.example')) }
}
