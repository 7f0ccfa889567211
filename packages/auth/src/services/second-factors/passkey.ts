import { randomBytes } from 'node:crypto'
import type {
  NewTrustedBrowser,
  PasskeyCredential,
  PasskeyFactorSignIn,
  PendingKey,
  PendingToken,
  SignInMethod,
} from 'torii-core'
import { newSessionId } from 'torii-core'
import { encodeBase64url } from '../../base/base64url.js'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { callerOf } from '../../rate-limits/caller.js'
import { completionCharge } from '../../rate-limits/rate-limits.js'
import type { PasskeyRequestOptions } from '../../webauthn/ceremony-options.js'
import { requestOptions } from '../../webauthn/ceremony-options.js'
import { parseAuthenticationResponse } from '../../webauthn/response.js'
import type { AuthenticationResult } from '../../webauthn/verify-authentication.js'
import { verifyAuthentication } from '../../webauthn/verify-authentication.js'
import type { ServiceContext } from '../context/context.js'
import type { Effects } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import type { PasskeyOptions } from '../options/passkey.js'
import { useOf, warningsOf } from '../passkey/authenticate.js'
import { challengeOf, hashChallengeId, malformedId, newChallengeId } from '../passkey/challenge.js'
import { descriptorOf } from '../passkey/decoys.js'
import type { PasskeyAnswerInput } from '../passkey/input.js'
import { parseAnswer, readChallengeId } from '../passkey/input.js'
import { logRefusedPage } from '../passkey/refused-page.js'
import type { PasskeyCeremonyStart } from '../passkey/start.js'
import { newChallenge, policyOf } from '../passkey/start.js'
import type { InvalidToken, Refused, TooManyAttempts } from '../refusals.js'
import { invalidToken } from '../refusals.js'
import { rotateSecret } from '../sessions/session-key.js'
import { newTrustedBrowser } from '../sessions/trusted-cookie.js'
import type { SignedIn } from '../sign-in.js'
import { failed, readPendingToken, refused, trustEvents, trustOf } from './answer.js'

export type PasskeyFactorStart =
  | PasskeyCeremonyStart<PasskeyRequestOptions>
  /** The pending sign-in is unknown, used, expired or ended, or its five tries are spent: sign in again. */
  | InvalidToken
  /** The user has no passkey, or the first factor was one. */
  | Refused<'not_found'>
  | TooManyAttempts

/** The sign-in method before has proved knowledge or a mailbox: possession is the second factor, and needs no PIN. */
const factorPolicy = (options: PasskeyOptions) => ({
  ...policyOf(options),
  userVerification: 'preferred' as const,
})

/**
 * Creates the options for a passkey as the second factor of a pending sign-in. The challenge is bound to it, and counts in no
 * other ceremony. One statement.
 */
export const passkeyFactorOptions =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (token: string | PendingToken, requestInfo: RequestInfo): Promise<PasskeyFactorStart> => {
    const info = readRequestInfo(requestInfo)
    const policy = factorPolicy(context.options.passkey)
    const key = readPendingToken(token)
    if (key === null) return invalidToken
    const id = newChallengeId()
    const started = await context.storage.passkeyChallenges.storeForPending(
      newChallenge(context, id, info),
      key,
    )
    if (!started.ok) return refused(context, started, info)
    const challenge = challengeOf(id, { kind: 'second_factor', pendingId: key.id })
    const options = requestOptions(policy, challenge, started.credentials.map(descriptorOf))
    return { ok: true, challengeId: encodeBase64url(id), options }
  }

/** The response of a passkey for a pending sign-in. */
interface PasskeyFactorAnswer extends PasskeyAnswerInput {
  readonly key: PendingKey
  readonly trustBrowser: boolean
}

/**
 * Verifies the response of a passkey and opens the session of the pending sign-in. Two statements, or one if the response is
 * not valid. Every response counts as a try, before it is verified, and uses its challenge.
 * @throws InvalidInputError for a malformed response
 */
export async function verifyPasskey<Metadata extends object>(
  context: ServiceContext<Metadata>,
  { key, challengeId, response, trustBrowser }: PasskeyFactorAnswer,
  info: CheckedRequestInfo,
): Promise<SignedIn<Metadata> | InvalidToken | Refused<'invalid_code'> | TooManyAttempts> {
  const { options, storage } = context
  const id = readChallengeId(challengeId)
  const charge = completionCharge(options.bruteForce, callerOf(options.keys, info))
  const challengeHash = hashChallengeId(id ?? malformedId)
  const find = (credentialId: Uint8Array) =>
    storage.secondFactors.findPasskey({ key, challengeHash, credentialId, charge })
  const answer = await parseAnswer(parseAuthenticationResponse, response, () =>
    find(randomBytes(32)),
  )
  const found = await find(answer.credentialId)
  if (!found.ok) return refused(context, found, info)
  const { credential, triesLeft } = found
  const invalidCode = { ok: false, reason: 'invalid_code', triesLeft } as const
  if (id === null || credential === null) {
    context.emit({ events: [failed(key, 'passkey', info)] })
    return invalidCode
  }
  const challenge = challengeOf(id, { kind: 'second_factor', pendingId: key.id })
  const expected = { challenge, discoverable: false }
  const verdict = verifyAuthentication(answer, credential, expected, factorPolicy(options.passkey))
  if (!verdict.ok) {
    logRefusedPage(context, verdict.problem, answer.clientData.parsed)
    context.emit({ events: [failed(key, 'passkey', info)] })
    return invalidCode
  }
  const sessionId = newSessionId()
  const { secretHash, token } = rotateSecret({ userId: key.userId, id: sessionId })
  const session = { id: sessionId, secretHash }
  const trust = trustBrowser ? newTrustedBrowser(options, info, session) : null
  const use = useOf(credential, verdict)
  const outcome = await context.runWithEffects({
    run: ({ secondFactors }) => secondFactors.signInByPasskey({ key, use, session, trust }),
    effects: (signedIn) => effectsOf(signedIn, key, { credential, verdict, trust }, info),
  })
  if (outcome.ok)
    return { ok: true, user: outcome.user, session: outcome.session, token, ...trustOf(trust) }
  return outcome.reason === 'invalid_token' ? invalidToken : invalidCode
}

function effectsOf<Metadata extends object>(
  outcome: PasskeyFactorSignIn<Metadata>,
  key: PendingKey,
  { credential, verdict, trust }: Verification,
  info: CheckedRequestInfo,
): Effects<Metadata> {
  const { userId } = key
  if (outcome.ok) {
    const { session } = outcome
    const context = { userId, sessionId: session.id, info }
    // The sign-in method came first.
    const method = session.methods[0] as SignInMethod | 'imported'
    const signedIn = event('signed_in', context, { method, secondFactor: 'passkey' })
    const warnings = warningsOf(credential, verdict, context)
    return { events: [signedIn, ...trustEvents(trust, context), ...warnings] }
  }
  if (outcome.reason === 'invalid_token') return {}
  if (outcome.reason === 'invalid_code') return { events: [failed(key, 'passkey', info)] }
  const detail = { passkeyId: credential.id, outcome: 'refused' } as const
  const copied = event('passkey_counter_regression', { userId, info }, detail)
  return { events: [copied, failed(key, 'passkey', info)] }
}

/** A response that was verified, and the browser to trust. */
interface Verification {
  readonly credential: PasskeyCredential
  readonly verdict: Extract<AuthenticationResult, { ok: true }>
  readonly trust: NewTrustedBrowser | null
}
