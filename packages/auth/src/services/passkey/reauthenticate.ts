import type { PasskeyReauthentication, Session, SessionToken, ValidSession } from 'torii-core'
import { encodeBase64url } from '../../base/base64url.js'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { sessionCharge } from '../../rate-limits/rate-limits.js'
import type { PasskeyRequestOptions } from '../../webauthn/ceremony-options.js'
import { requestOptions } from '../../webauthn/ceremony-options.js'
import { verifyAuthentication } from '../../webauthn/verify-authentication.js'
import type { ServiceContext } from '../context/context.js'
import type { Effects } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import type { Refused, TooManyAttempts } from '../refusals.js'
import { invalidCredentials, notFound } from '../refusals.js'
import { keepSecret, keyOfSession, rotateSecret } from '../sessions/session-key.js'
import { eventContextOf } from '../sessions/valid-session.js'
import {
  effectsOfUse,
  findCredential,
  levelOf,
  parseAssertion,
  refused,
  useOf,
  warningsOf,
} from './authenticate.js'
import { challengeOf, newChallengeId } from './challenge.js'
import { descriptorOf } from './decoys.js'
import type { PasskeyAnswerInput } from './input.js'
import { readChallengeId, readInput } from './input.js'
import { logRefusedPage } from './refused-page.js'
import type { PasskeyCeremonyStart } from './start.js'
import { emitRefused, policyOf, startCeremony } from './start.js'

/** The response of a signed-in user. */
export interface ReauthenticateWithPasskeyInput extends PasskeyAnswerInput {
  /** The token of the request. */
  token: string | SessionToken
  /** If true, the session gets a new token, and `token` becomes invalid. Set it if `token` is in a cookie. */
  rotate: boolean
}

export type ReauthenticatePasskeyStart =
  | PasskeyCeremonyStart<PasskeyRequestOptions>
  /** The user has no passkey. */
  | Refused<'not_found'>
  | TooManyAttempts

export type ReauthenticateWithPasskeyOutcome =
  | { readonly ok: true; readonly session: Session; readonly token: SessionToken }
  /** The result is the same for every cause. */
  | Refused<'invalid_credentials'>
  | TooManyAttempts

/** Creates the options for a re-authentication with the user's passkeys. Two statements. */
export const reauthenticateOptions =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<object>,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticatePasskeyStart> => {
    const info = readRequestInfo(requestInfo)
    const existing = await context.storage.passkeys.credentials(valid.user.id)
    if (existing.length === 0) return notFound
    const id = newChallengeId()
    const tooMany = await startCeremony(context, id, 'reauthenticate', info, valid)
    if (tooMany !== null) return tooMany
    const challenge = challengeOf(id, { kind: 'reauthenticate', sessionId: valid.session.id })
    const allow = existing.map(descriptorOf)
    const options = requestOptions(policyOf(context.options.passkey), challenge, allow)
    return { ok: true, challengeId: encodeBase64url(id), options }
  }

/**
 * Verifies the response and records the re-authentication on the session. Two statements, one if the response is not
 * valid.
 */
export const reauthenticate =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<object>,
    input: ReauthenticateWithPasskeyInput,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticateWithPasskeyOutcome> => {
    const info = readRequestInfo(requestInfo)
    const { challengeId, response, token, rotate } = readInput(input)
    const id = readChallengeId(challengeId)
    const charge = sessionCharge(context.options.bruteForce, 'sessionRequests', valid)
    const find = findCredential(context, id, 'reauthenticate', charge)
    const answer = await parseAssertion(response, find)
    const key = keyOfSession(token, valid)
    const eventContext = eventContextOf(valid, info)
    const credential = await find(answer.credentialId)
    if (credential !== null && 'reason' in credential) return emitRefused(context, credential, info)
    if (id === null || credential === null || credential.userId !== valid.user.id)
      return refused(context, eventContext, 'unknown')
    const challenge = challengeOf(id, { kind: 'reauthenticate', sessionId: valid.session.id })
    const expected = { challenge, discoverable: false }
    const policy = policyOf(context.options.passkey)
    const verdict = verifyAuthentication(answer, credential, expected, policy)
    if (!verdict.ok) {
      logRefusedPage(context, verdict.problem, answer.clientData.parsed)
      return refused(context, eventContext, verdict.problem)
    }
    const secret = rotate ? rotateSecret(key) : keepSecret(key, token)
    const recorded = await context.runWithEffects({
      run: ({ passkeys }) =>
        passkeys.reauthenticate(useOf(credential, verdict), {
          key,
          newSecretHash: secret.secretHash,
          level: levelOf(verdict),
        }),
      effects: (outcome: PasskeyReauthentication): Effects<Metadata> =>
        outcome.ok
          ? {
              events: [
                event('reauthenticated', eventContext, { method: 'passkey' }),
                ...warningsOf(credential, verdict, eventContext),
              ],
            }
          : effectsOfUse(outcome, credential, eventContext),
    })
    return recorded.ok ? { ...recorded, token: secret.token } : invalidCredentials
  }
