import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { newPasskeyId, newSessionId, newUserId, requireEmail } from 'torii-core'
import { newLandingNonce } from '../../services/links/landing-form.js'
import type { LinkPurpose } from '../../services/links/link-token.js'
import {
  formatMagicToken,
  formatVerificationToken,
  hashLinkSecret,
  newLinkSecret,
  newMagicLinkSecret,
} from '../../services/links/link-token.js'
import { goodPassword, newEmail } from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import type { Visitor } from './route-site.test.support.js'
import {
  addAccount,
  addPasskey,
  completedFlow,
  nativeIdToken,
  newInfo,
  newPasswordlessVisitor,
  newVisitor,
  site,
  takeMails,
  tokenIn,
  torii,
} from './route-site.test.support.js'
import { secondFactorInputs } from './second-factor-inputs.test.support.js'

/** A request of a route, below the base path. */
export interface RouteRequest {
  readonly path: string
  readonly body?: Readonly<Record<string, unknown>>
  readonly cookie?: string
  /** Posted as a form. */
  readonly form?: Readonly<Record<string, string>>
}

/** What a route is sent. A route with two kinds of input has two entries. */
export interface RouteInput {
  /** The user who sends it (default: with a password). */
  readonly visitor?: () => Promise<Visitor>
  /** True where the request carries the visitor's session (default: false). */
  readonly signedIn?: true
  /** True where the session that the browser has from before is read or ends. */
  readonly usesFormerSession?: true
  /** True where a request is valid only until the next one is made ready. */
  readonly oneAtATime?: true
  /** The status of a valid request that is to be repeated with what was mailed (default: a success). */
  readonly status?: number
  /** The next valid request. It is made ready before any is sent, unless there is one at a time. */
  valid(visitor: Visitor): Promise<RouteRequest>
  /** A request with the right form that must fail; absent where every request of this form is valid. */
  madeUp?(visitor: Visitor): RouteRequest | Promise<RouteRequest>
}

/** Whether a valid request of this input is answered as it should be. */
export const isRight = (input: RouteInput, status: number): boolean =>
  input.status === undefined ? status < 400 : status === input.status

const another = 'twelve lanterns on a rainy bridge'
const wrong = 'not this one, surely'
const random = () => randomBytes(32).toString('base64url')
const at = (path: string) => async (): Promise<RouteRequest> => ({ path })

/** A token of the right form that was never created. */
const unknownToken = (purpose: LinkPurpose, userId = newUserId()): string =>
  purpose === 'magic_link'
    ? formatMagicToken(newMagicLinkSecret(requireEmail('person@example.com'))).reveal()
    : formatVerificationToken(purpose, userId, newLinkSecret()).reveal()

/** A mail that anybody requests. */
const mailRequest = (path: string): RouteInput => ({
  valid: async ({ email }) => ({ path, body: { email } }),
  madeUp: () => ({ path, body: { email: newEmail() } }),
})

/** The page of a link, with the token in its cookie. */
const linkPage = (path: string, purpose: LinkPurpose): RouteInput => ({
  async valid(visitor) {
    return { path, cookie: carried(await tokenFor(purpose, visitor)) }
  },
  madeUp: () => ({ path, cookie: carried(unknownToken(purpose)) }),
})

function carried(token: string): string {
  const nonce = newLandingNonce()
  return `__Secure-torii-link=${token}.${nonce}; __Host-torii-landing=${nonce}`
}

/** A token that was mailed, or created without a mail. */
async function tokenFor(purpose: LinkPurpose, visitor: Visitor): Promise<string> {
  switch (purpose) {
    case 'magic_link':
      return (await torii.magicLink.create({ email: newEmail() })).token.reveal()
    case 'verify_email':
      return (await torii.email.createVerification(visitor.email))?.token.reveal() ?? assert.fail()
    case 'reset_password':
      return (await torii.password.reset.create(visitor.email))?.token.reveal() ?? assert.fail()
    case 'change_email': {
      await takeMails()
      assert.ok((await torii.email.requestChange(visitor.valid, newEmail(), newInfo())).ok)
      return tokenIn((await takeMails()).at(-1))
    }
    case 'undo_second_factor':
      return undoToken(visitor)
    default:
      return purpose satisfies never
  }
}

/** As an enrollment stores it, which would end the session of the visitor. */
async function undoToken({ email, valid: { user } }: Visitor): Promise<string> {
  const secret = newLinkSecret()
  const hash = hashLinkSecret('undo_second_factor', secret)
  await site.db.query(
    `insert into torii.verification_tokens
       (id, user_id, purpose, slot, secret_hash, email, email_key, epoch, global_epoch, created_at, expires_at)
     values (encode(substring($2::bytea from 1 for 16), 'hex')::uuid, $1, 'undo_second_factor', 1, $2, $3, $3, 0, 0, now(),
       now() + interval '7 days')
     on conflict (user_id, purpose, slot) do update set id = excluded.id, secret_hash = excluded.secret_hash, used_by = null`,
    [user.id, Buffer.from(hash), email],
  )
  return formatVerificationToken('undo_second_factor', user.id, secret).reveal()
}

/** The same for someone new, where a token can be used only once. */
const tokenForNewcomer = async (
  purpose: 'verify_email' | 'reset_password' | 'undo_second_factor',
) => tokenFor(purpose, await newVisitor())

const password: Readonly<Record<string, RouteInput>> = {
  'POST password/register': {
    usesFormerSession: true,
    valid: async () => ({
      path: 'password/register',
      body: { email: newEmail(), password: goodPassword },
    }),
    madeUp: ({ email }) => ({ path: 'password/register', body: { email, password: goodPassword } }),
  },
  'POST password/authenticate': {
    usesFormerSession: true,
    valid: async ({ email }) => ({
      path: 'password/authenticate',
      body: { email, password: goodPassword },
    }),
    madeUp: ({ email }) => ({ path: 'password/authenticate', body: { email, password: wrong } }),
  },
  'POST password/change': {
    signedIn: true,
    // To the same password, so that each request is valid after the one before.
    valid: async () => ({
      path: 'password/change',
      body: { currentPassword: goodPassword, newPassword: goodPassword },
    }),
    madeUp: () => ({
      path: 'password/change',
      body: { currentPassword: wrong, newPassword: another },
    }),
  },
  'POST password/set': {
    signedIn: true,
    visitor: newPasswordlessVisitor,
    valid: async () => ({ path: 'password/set', body: { newPassword: another } }),
  },
  'DELETE password': {
    signedIn: true,
    async valid(visitor) {
      await addPasskey(visitor)
      return { path: 'password' }
    },
  },
  'POST password/reset/request': mailRequest('password/reset/request'),
  'POST password/reset/complete': {
    valid: async () => ({
      path: 'password/reset/complete',
      body: { token: await tokenForNewcomer('reset_password'), password: another },
    }),
    madeUp: () => ({
      path: 'password/reset/complete',
      body: { token: unknownToken('reset_password'), password: another },
    }),
  },
}

const mailbox: Readonly<Record<string, RouteInput>> = {
  'POST magic-link/request': mailRequest('magic-link/request'),
  'POST magic-link/authenticate with a token': {
    usesFormerSession: true,
    valid: async (visitor) => ({
      path: 'magic-link/authenticate',
      body: { token: await tokenFor('magic_link', visitor) },
    }),
    madeUp: () => ({
      path: 'magic-link/authenticate',
      body: { token: unknownToken('magic_link') },
    }),
  },
  'POST magic-link/authenticate with a code': {
    usesFormerSession: true,
    oneAtATime: true,
    async valid({ email }) {
      const { code } = await torii.magicLink.create({ email })
      return { path: 'magic-link/authenticate', body: { email, code } }
    },
    madeUp: ({ email }) => ({
      path: 'magic-link/authenticate',
      body: { email, code: '12345678' },
    }),
  },
  'POST email/verify/request': mailRequest('email/verify/request'),
  'POST email/verify without a password': {
    usesFormerSession: true,
    valid: async () => ({
      path: 'email/verify',
      body: { token: await tokenForNewcomer('verify_email') },
    }),
    madeUp: () => ({ path: 'email/verify', body: { token: unknownToken('verify_email') } }),
  },
  'POST email/verify with a password': {
    usesFormerSession: true,
    valid: async () => ({
      path: 'email/verify',
      body: { token: await tokenForNewcomer('verify_email'), password: goodPassword },
    }),
    madeUp: () => ({
      path: 'email/verify',
      body: { token: unknownToken('verify_email'), password: goodPassword },
    }),
  },
  'POST email/change/request': {
    signedIn: true,
    valid: async ({ valid: { user } }) => ({
      path: 'email/change/request',
      body: { email: `next-${user.email}` },
    }),
  },
  'POST email/change/complete': {
    signedIn: true,
    valid: async (visitor) => ({
      path: 'email/change/complete',
      body: { token: await tokenFor('change_email', visitor) },
    }),
    madeUp: ({ valid }) => ({
      path: 'email/change/complete',
      body: {
        token: unknownToken('change_email', valid.user.id),
      },
    }),
  },
  'GET magic-link': linkPage('magic-link', 'magic_link'),
  'GET email/verify': linkPage('email/verify', 'verify_email'),
  'GET password/reset': linkPage('password/reset', 'reset_password'),
  'GET email/change': linkPage('email/change', 'change_email'),
  'GET second-factors/undo': linkPage('second-factors/undo', 'undo_second_factor'),
  'POST second-factors/undo': {
    valid: async () => ({
      path: 'second-factors/undo',
      body: { token: await tokenForNewcomer('undo_second_factor') },
    }),
    madeUp: () => ({
      path: 'second-factors/undo',
      body: { token: unknownToken('undo_second_factor') },
    }),
  },
}

const sessions: Readonly<Record<string, RouteInput>> = {
  'GET session': { signedIn: true, valid: at('session') },
  'GET sessions': { signedIn: true, valid: at('sessions') },
  'DELETE sessions/:id': {
    signedIn: true,
    async valid({ valid }) {
      const opened = await torii.sessions.open(valid.user.id, 'password', newInfo())
      assert.ok(opened.ok)
      return { path: `sessions/${opened.session.id}` }
    },
    madeUp: () => ({ path: `sessions/${newSessionId()}` }),
  },
  'POST sessions/revoke-others': { signedIn: true, valid: at('sessions/revoke-others') },
  'POST reauthenticate with a password': {
    signedIn: true,
    valid: async () => ({ path: 'reauthenticate', body: { password: goodPassword } }),
    madeUp: () => ({ path: 'reauthenticate', body: { password: wrong } }),
  },
  'POST reauthenticate with a passkey': {
    signedIn: true,
    async valid(visitor) {
      const { authenticator } = await addPasskey(visitor)
      const asked = await torii.passkey.reauthenticateOptions(visitor.valid, newInfo())
      assert.ok(asked.ok)
      const { challengeId, options } = asked
      return { path: 'reauthenticate', body: { challengeId, response: authenticator.get(options) } }
    },
    madeUp: () => ({ path: 'reauthenticate', body: madeUpAssertion() }),
  },
  'POST token': { signedIn: true, valid: at('token') },
  'POST token/jwt': { signedIn: true, valid: at('token/jwt') },
  'GET jwks': { valid: at('jwks') },
  'POST sign-out': { signedIn: true, usesFormerSession: true, valid: at('sign-out') },
  'GET user': { signedIn: true, valid: at('user') },
  'PATCH user': {
    signedIn: true,
    valid: async () => ({ path: 'user', body: { name: 'Ada' } }),
  },
  'DELETE user': { signedIn: true, valid: at('user') },
  'GET user/export': { signedIn: true, valid: at('user/export') },
}

const oauth: Readonly<Record<string, RouteInput>> = {
  'GET oauth/providers': { valid: at('oauth/providers') },
  'GET oauth/:provider/start': { valid: at('oauth/work/start') },
  'GET oauth/:provider/callback': {
    usesFormerSession: true,
    async valid() {
      const { query, browser } = await completedFlow()
      return {
        path: `oauth/work/callback?${query}`,
        cookie: `__Host-torii-flow=${browser.reveal()}`,
      }
    },
    madeUp: () => ({ path: `oauth/work/callback?code=x&state=${random()}` }),
  },
  'POST oauth/:provider/callback': {
    valid: async () => ({ path: 'oauth/posting/callback', form: { code: 'x', state: random() } }),
  },
  'POST oauth/:provider/id-token/nonce': { valid: at('oauth/work/id-token/nonce') },
  'POST oauth/:provider/id-token': {
    usesFormerSession: true,
    valid: async () => ({ path: 'oauth/work/id-token', body: await nativeIdToken() }),
    madeUp: () => ({ path: 'oauth/work/id-token', body: { idToken: 'x.y.z', nonce: random() } }),
  },
  'POST oauth/:provider/link': { signedIn: true, valid: at('oauth/work/link') },
  'GET oauth/accounts': { signedIn: true, valid: at('oauth/accounts') },
  'DELETE oauth/accounts/:id': {
    signedIn: true,
    valid: async (visitor) => ({ path: `oauth/accounts/${await addAccount(visitor)}` }),
    madeUp: () => ({ path: `oauth/accounts/${newSessionId()}` }),
  },
}

const passkeys: Readonly<Record<string, RouteInput>> = {
  'POST passkeys/register/options': { signedIn: true, valid: at('passkeys/register/options') },
  'POST passkeys/upgrade/options': { signedIn: true, valid: at('passkeys/upgrade/options') },
  'POST passkeys/register/verify': {
    signedIn: true,
    async valid({ valid }) {
      const asked = await torii.passkey.registerOptions(valid, newInfo())
      assert.ok(asked.ok)
      const response = new SoftwareAuthenticator().create(asked.options)
      return {
        path: 'passkeys/register/verify',
        body: { challengeId: asked.challengeId, response },
      }
    },
    madeUp: ({ valid: { user } }) => ({
      path: 'passkeys/register/verify',
      body: {
        challengeId: random(),
        response: new SoftwareAuthenticator().create({
          challenge: random(),
          rp: { id: 'app.example' },
          user: { id: Buffer.from(user.id).toString('base64url') },
        }),
      },
    }),
  },
  'POST passkeys/authenticate/options': {
    valid: async ({ email }) => ({ path: 'passkeys/authenticate/options', body: { email } }),
    madeUp: () => ({ path: 'passkeys/authenticate/options', body: { email: newEmail() } }),
  },
  'POST passkeys/authenticate/options to re-authenticate': {
    signedIn: true,
    async valid(visitor) {
      await addPasskey(visitor)
      return { path: 'passkeys/authenticate/options', body: { purpose: 'reauthenticate' } }
    },
  },
  'POST passkeys/authenticate/verify': {
    usesFormerSession: true,
    async valid(visitor) {
      const { authenticator } = await addPasskey(visitor)
      const asked = await torii.passkey.authenticateOptions({}, newInfo())
      assert.ok(asked.ok)
      const { challengeId, options } = asked
      return {
        path: 'passkeys/authenticate/verify',
        body: { challengeId, response: authenticator.get(options) },
      }
    },
    madeUp: () => ({ path: 'passkeys/authenticate/verify', body: madeUpAssertion() }),
  },
  'GET passkeys': { signedIn: true, valid: at('passkeys') },
  'GET passkeys/signals': { signedIn: true, valid: at('passkeys/signals') },
  'PATCH passkeys/:id': {
    signedIn: true,
    valid: async (visitor) => ({
      path: `passkeys/${(await addPasskey(visitor)).id}`,
      body: { name: 'Phone' },
    }),
    madeUp: () => ({ path: `passkeys/${newPasskeyId()}`, body: { name: 'Phone' } }),
  },
  'DELETE passkeys/:id': {
    signedIn: true,
    valid: async (visitor) => ({ path: `passkeys/${(await addPasskey(visitor)).id}` }),
    madeUp: () => ({ path: `passkeys/${newPasskeyId()}` }),
  },
}

/** An answer of an authenticator that no one registered to a challenge that no one asked for. */
function madeUpAssertion() {
  const options = { challenge: random(), rpId: 'app.example' }
  return { challengeId: random(), response: new SoftwareAuthenticator().get(options) }
}

/** What every route is sent, by its method and path. */
export const routeInputs: Readonly<Record<string, RouteInput>> = {
  ...password,
  ...mailbox,
  ...sessions,
  ...oauth,
  ...passkeys,
  ...secondFactorInputs,
  'GET health': { valid: at('health') },
  'GET openapi.json': { valid: at('openapi.json') },
}

/** The route of an entry: `METHOD path` without what distinguishes two kinds of input. */
export const routeOf = (entry: string): string => entry.split(' ').slice(0, 2).join(' ')
