import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { PendingKey } from 'torii-core'
import { newSessionId, newTrustedBrowserId, newUserId } from 'torii-core'
import {
  passkeyRegistrationPath,
  passkeyStartPath,
  totpConfirmPath,
  totpStartPath,
} from '../../base/paths.js'
import { readRequestInfo } from '../../base/request-info.js'
import { formatPendingToken, newSessionSecret } from '../../crypto/session-token.js'
import { AuthenticatorApp } from '../../one-time-codes/authenticator-app.test.support.js'
import { newTotpSecret, totpUri } from '../../one-time-codes/totp.js'
import { enroll } from '../../services/second-factors/factor.test.support.js'
import { encryptSecret } from '../../services/second-factors/stored-secret.js'
import { prepareSession } from '../../services/sessions/new-session.js'
import { actorOf } from '../../services/sessions/valid-session.js'
import { goodPassword } from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import type { RouteInput, RouteRequest } from './route-requests.test.support.js'
import type { Visitor } from './route-site.test.support.js'
import { addPasskey, newInfo, newVisitor, site, torii } from './route-site.test.support.js'

/** A visitor with an authenticator application, and a sign-in that waits for its code. */
export interface FactorVisitor extends Visitor {
  readonly app: AuthenticatorApp
  readonly recoveryCodes: readonly string[]
  readonly waiting: Waiting
}

interface Waiting {
  readonly pendingId: string
  readonly cookie: string
}

/** The codes of this moment count once more, as if a minute had gone by. */
const nextCode = () => site.db.query('update torii.totp_factors set last_step = last_step - 2')

/** Proves the first factor. */
async function signInHalfway(email: string): Promise<Waiting> {
  const outcome = await torii.password.authenticate({ email, password: goodPassword }, newInfo())
  assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
  const { id: pendingId, token } = outcome.pending
  return { pendingId, cookie: `__Host-torii-pending=${token.reveal()}` }
}

export async function newFactorVisitor(): Promise<FactorVisitor> {
  const visitor = await newVisitor()
  const { app, recoveryCodes, token } = await enroll(torii, visitor.token, newInfo())
  const valid = (await torii.sessions.validate(token)) ?? assert.fail()
  await nextCode()
  const waiting = await signInHalfway(visitor.email)
  return { ...visitor, app, recoveryCodes, token, valid, waiting }
}

/** One who has a passkey as well. */
async function newPasskeyVisitor() {
  const visitor = await newFactorVisitor()
  return { ...visitor, authenticator: (await addPasskey(visitor)).authenticator }
}

function authenticatorOf(visitor: Visitor): SoftwareAuthenticator {
  assert.ok('authenticator' in visitor && visitor.authenticator instanceof SoftwareAuthenticator)
  return visitor.authenticator
}

const factorOf = (visitor: Visitor): FactorVisitor => {
  assert.ok('app' in visitor)
  return visitor as FactorVisitor
}

/** Gives the session its former secret and the user the former epoch, so that the same session can act once more. */
async function restore({ valid: { user, session, epochs } }: Visitor, hash: unknown) {
  await site.db.query('update torii.sessions set epoch = $2, secret_hash = $3 where id = $1', [
    session.id,
    epochs.session,
    hash,
  ])
  await site.db.query('update torii.users set session_epoch = $2 where id = $1', [
    user.id,
    epochs.session,
  ])
}

const hashes = new Map<string, unknown>()

/** The session of the visitor, as it was when it first came here. */
async function sameSession(visitor: Visitor): Promise<void> {
  const { id } = visitor.valid.session
  if (hashes.has(id)) return restore(visitor, hashes.get(id))
  const { rows } = await site.db.query('select secret_hash from torii.sessions where id = $1', [id])
  hashes.set(id, rows[0]?.secret_hash)
}

const path = 'second-factors/verify'

/** A pending sign-in on which the visitor enrolls, after a sign-in by this method. */
async function signInEnrolling(
  { valid: { user } }: Visitor,
  method: 'password' | 'magic_link',
): Promise<Waiting & { key: PendingKey }> {
  await site.db.query('update torii.users set second_factor_epoch = null where id = $1', [user.id])
  await site.db.query('delete from torii.totp_factors where user_id = $1', [user.id])
  await site.db.query('delete from torii.passkeys where user_id = $1', [user.id])
  const terms = { idleSeconds: 60, absoluteSeconds: 60, secondFactor: 'always' } as const
  const info = readRequestInfo(newInfo())
  const { session, pendingToken } = prepareSession(torii.options, user.id, method, info, terms)
  const opened = await site.storage.sessions.open(user.id, session)
  assert.ok(!opened.ok && opened.reason === 'second_factor_required')
  const cookie = `__Host-torii-pending=${pendingToken().reveal()}`
  const { id, secretHash } = session
  return { pendingId: id, cookie, key: { userId: user.id, id, secretHash } }
}

/** A pending sign-in that does not exist. */
function unknownSignIn(): Waiting {
  const pendingId = newSessionId()
  const token = formatPendingToken(newUserId(), pendingId, newSessionSecret())
  return { pendingId, cookie: `__Host-torii-pending=${token.reveal()}` }
}

const answer = (
  { pendingId, cookie }: Waiting,
  code: { code: string } | { recoveryCode: string },
): RouteRequest => ({ path, cookie, body: { pendingId, ...code } })

const passkeyStart = ({ pendingId, cookie }: Waiting): RouteRequest => ({
  path: 'second-factors/passkey/options',
  cookie,
  body: { pendingId },
})

/** A sign-in of the visitor by a passkey without user verification. */
async function signInByPossession({ valid: { user } }: Visitor): Promise<Waiting> {
  const opened = await torii.sessions.open(user.id, 'passkey', newInfo())
  assert.ok(!opened.ok && opened.reason === 'second_factor_required')
  const { id: pendingId, token } = opened.pending
  return { pendingId, cookie: `__Host-torii-pending=${token.reveal()}` }
}

/** One whose sign-in by a passkey waits. */
async function newPossessionVisitor(): Promise<FactorVisitor> {
  const visitor = await newFactorVisitor()
  return { ...visitor, waiting: await signInByPossession(visitor) }
}

const byPassword = ({ pendingId, cookie }: Waiting, password: string): RouteRequest => ({
  path,
  cookie,
  body: { pendingId, password },
})

const startPasskey = ({ pendingId, cookie }: Waiting): RouteRequest => ({
  path: passkeyStartPath,
  cookie,
  body: { pendingId },
})

const newPasskey = (
  { pendingId, cookie }: Waiting,
  challengeId: string,
  response: object,
): RouteRequest => ({
  path: passkeyRegistrationPath,
  cookie,
  body: { pendingId, challengeId, response },
})

async function passkeyAnswer(
  { pendingId, cookie }: Waiting,
  authenticator: SoftwareAuthenticator,
): Promise<RouteRequest> {
  const token = cookie.slice(cookie.indexOf('=') + 1)
  const started = await torii.secondFactors.passkeyOptions(token, newInfo())
  assert.ok(started.ok, JSON.stringify(started))
  const { challengeId, options } = started
  return { path, cookie, body: { pendingId, challengeId, response: authenticator.get(options) } }
}

async function rightCode(visitor: Visitor): Promise<RouteRequest> {
  await nextCode()
  return answer(await signInHalfway(visitor.email), { code: factorOf(visitor).app.code() })
}

let usedCodes = 0

export const secondFactorInputs: Readonly<Record<string, RouteInput>> = {
  'GET second-factors/verify': {
    visitor: newFactorVisitor,
    valid: async (visitor) => ({ path, cookie: (await signInHalfway(visitor.email)).cookie }),
    madeUp: () => ({ path, cookie: unknownSignIn().cookie }),
  },
  'POST second-factors/verify with a code': {
    usesFormerSession: true,
    visitor: newFactorVisitor,
    oneAtATime: true,
    valid: rightCode,
    madeUp: (visitor) => {
      const { app, waiting } = factorOf(visitor)
      return answer(waiting, { code: app.wrongCode() })
    },
  },
  'POST second-factors/verify with a recovery code': {
    usesFormerSession: true,
    visitor: newFactorVisitor,
    oneAtATime: true,
    async valid(visitor) {
      const { email, recoveryCodes } = factorOf(visitor)
      const recoveryCode = recoveryCodes[usedCodes++ % recoveryCodes.length] ?? assert.fail()
      return answer(await signInHalfway(email), { recoveryCode })
    },
    madeUp: (visitor) => answer(factorOf(visitor).waiting, { recoveryCode: 'WRONG' }),
  },
  'POST second-factors/verify with a made-up token': {
    usesFormerSession: true,
    visitor: newFactorVisitor,
    oneAtATime: true,
    valid: rightCode,
    madeUp: () => answer(unknownSignIn(), { code: '123456' }),
  },
  'POST second-factors/verify with a passkey': {
    usesFormerSession: true,
    visitor: newPasskeyVisitor,
    valid: async (visitor) =>
      passkeyAnswer(await signInHalfway(visitor.email), authenticatorOf(visitor)),
    madeUp: (visitor) => {
      const { pendingId, cookie } = factorOf(visitor).waiting
      const challenge = randomBytes(32).toString('base64url')
      const response = new SoftwareAuthenticator().get({ challenge, rpId: 'app.example' })
      return { path, cookie, body: { pendingId, challengeId: challenge, response } }
    },
  },
  'POST second-factors/verify with the password': {
    usesFormerSession: true,
    visitor: newPossessionVisitor,
    valid: async (visitor) => byPassword(await signInByPossession(visitor), goodPassword),
    madeUp: (visitor) => byPassword(factorOf(visitor).waiting, 'wrong'),
  },
  'POST passkeys/register/options that mails a code': {
    status: 403,
    valid: async (visitor) => startPasskey(await signInEnrolling(visitor, 'password')),
  },
  'POST passkeys/register/options with a made-up token': {
    valid: async (visitor) => startPasskey(await signInEnrolling(visitor, 'magic_link')),
    madeUp: () => startPasskey(unknownSignIn()),
  },
  'POST passkeys/register/verify with a made-up token': {
    usesFormerSession: true,
    oneAtATime: true,
    valid: async (visitor) => {
      const waiting = await signInEnrolling(visitor, 'magic_link')
      // Straight into the service: the route that starts counts as well.
      const token = waiting.cookie.slice(waiting.cookie.indexOf('=') + 1)
      const started = await torii.secondFactors.startPasskeyAtSignIn({ token }, newInfo())
      assert.ok(started.ok, JSON.stringify(started))
      const response = new SoftwareAuthenticator().create(started.options)
      return newPasskey(waiting, started.challengeId, response)
    },
    madeUp: () => {
      const challenge = randomBytes(32).toString('base64url')
      const asked = { challenge, rp: { id: 'app.example' }, user: { id: challenge } }
      return newPasskey(unknownSignIn(), challenge, new SoftwareAuthenticator().create(asked))
    },
  },
  'POST second-factors/passkey/options': {
    visitor: newPasskeyVisitor,
    valid: async (visitor) => passkeyStart(await signInHalfway(visitor.email)),
    madeUp: () => passkeyStart(unknownSignIn()),
  },
  'GET second-factors': { signedIn: true, valid: async () => ({ path: 'second-factors' }) },
  'POST second-factors/totp/start': {
    signedIn: true,
    valid: async () => ({ path: 'second-factors/totp/start' }),
  },
  'POST second-factors/totp/start that mails a code': {
    status: 403,
    valid: async (visitor) => {
      const { pendingId, cookie } = await signInEnrolling(visitor, 'password')
      return { path: totpStartPath, cookie, body: { pendingId } }
    },
  },
  'POST second-factors/totp/start with a made-up token': {
    valid: async (visitor) => {
      const { pendingId, cookie } = await signInEnrolling(visitor, 'magic_link')
      return { path: totpStartPath, cookie, body: { pendingId } }
    },
    madeUp: () => {
      const { pendingId, cookie } = unknownSignIn()
      return { path: totpStartPath, cookie, body: { pendingId } }
    },
  },
  'POST second-factors/totp/confirm with a made-up token': {
    usesFormerSession: true,
    oneAtATime: true,
    async valid(visitor) {
      const { pendingId, cookie, key } = await signInEnrolling(visitor, 'magic_link')
      // Straight into the storage: the route that starts counts as well.
      const secret = newTotpSecret()
      const encrypted = encryptSecret(torii.options.keys, secret, key.userId)
      const started = { key, secret: encrypted, emailCodeHashes: null }
      assert.ok((await site.storage.secondFactors.startTotpForSignIn(started)).ok)
      const uri = totpUri(secret, { issuer: 'Acme', account: visitor.email })
      const code = new AuthenticatorApp(uri).code()
      return { path: totpConfirmPath, cookie, body: { pendingId, code } }
    },
    madeUp: () => {
      const { pendingId, cookie } = unknownSignIn()
      return { path: totpConfirmPath, cookie, body: { pendingId, code: '123456' } }
    },
  },
  'POST second-factors/totp/confirm': {
    signedIn: true,
    oneAtATime: true,
    async valid(visitor) {
      await sameSession(visitor)
      await site.db.query('update torii.users set second_factor_epoch = null where id = $1', [
        visitor.valid.user.id,
      ])
      // Straight into the storage: the route that starts counts as well.
      const [secret, { user }] = [newTotpSecret(), visitor.valid]
      const encrypted = encryptSecret(torii.options.keys, secret, user.id)
      await site.storage.secondFactors.startTotp(actorOf(visitor.valid), encrypted)
      const uri = totpUri(secret, { issuer: 'Acme', account: visitor.email })
      const code = new AuthenticatorApp(uri).code()
      return { path: 'second-factors/totp/confirm', body: { code } }
    },
    async madeUp(visitor) {
      await sameSession(visitor)
      return { path: 'second-factors/totp/confirm', body: { code: 'abcdef' } }
    },
  },
  'DELETE second-factors/totp': {
    signedIn: true,
    visitor: newFactorVisitor,
    valid: async () => ({ path: 'second-factors/totp' }),
  },
  'POST second-factors/recovery-codes': {
    signedIn: true,
    visitor: newFactorVisitor,
    valid: async () => ({ path: 'second-factors/recovery-codes' }),
  },
  'DELETE second-factors/trusted-browsers': {
    signedIn: true,
    valid: async () => ({ path: 'second-factors/trusted-browsers' }),
  },
  'DELETE second-factors/trusted-browsers/:id': {
    signedIn: true,
    async valid({ valid: { user, epochs } }) {
      const id = newTrustedBrowserId()
      await site.db.query(
        `insert into torii.trusted_browsers (user_id, id, secret_hash, session_epoch, created_at, expires_at)
         values ($1, $2, sha256('secret'), $3, now(), now() + interval '1 day')`,
        [user.id, id, epochs.session],
      )
      return { path: `second-factors/trusted-browsers/${id}` }
    },
    madeUp: () => ({ path: `second-factors/trusted-browsers/${newTrustedBrowserId()}` }),
  },
  'POST reauthenticate with a code': {
    signedIn: true,
    visitor: newFactorVisitor,
    oneAtATime: true,
    async valid(visitor) {
      await sameSession(visitor)
      await nextCode()
      return { path: 'reauthenticate', body: { code: factorOf(visitor).app.code() } }
    },
    async madeUp(visitor) {
      await sameSession(visitor)
      return { path: 'reauthenticate', body: { code: factorOf(visitor).app.wrongCode() } }
    },
  },
}
