import type { PasskeyReauthentication, Session, SessionToken, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { startCharge } from '../../rate-limits/rate-limits.js'
import { readAuthenticationAnswer } from '../../webauthn/answer.js'
import type { PasskeyRequestOptions } from '../../webauthn/ceremony-options.js'
import { requestOptions } from '../../webauthn/ceremony-options.js'
import { verifyAuthentication } from '../../webauthn/verify-authentication.js'
import type { ServiceContext } from '../context/context.js'
import type { Effects } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import type { Refused, TooManyAttempts } from '../refusals.js'
import { freshSecret, keyOfSession, sameSecret } from '../sessions/session-key.js'
import { actorOf, eventContextOf } from '../sessions/valid-session.js'
import { effectsOfUse, invalidCredentials, refused, useOf } from './authenticate.js'
import { challengeOf, hashChallengeId, newChallengeId } from './challenge.js'
import { descriptorOf } from './decoys.js'
import type { PasskeyAnswerInput } from './input.js'
import { readChallengeId, readInput } from './input.js'
import type { PasskeyCeremonyStart } from './start.js'
import { policyOf, startCeremony } from './start.js'

/** A person who is signed in and says so again. */
export interface ReauthenticateWithPasskeyInput extends PasskeyAnswerInput {
  /** The token that the request came with. */
  token: string | SessionToken
  /** Whether the session gets a new token, and this one is dead at once: true where a cookie holds it. */
  rotate: boolean
}

export type ReauthenticatePasskeyStart =
  | PasskeyCeremonyStart<PasskeyRequestOptions>
  /** This person has no passkey. */
  | Refused<'not_found'>
  | TooManyAttempts

export type ReauthenticateWithPasskeyOutcome =
  | { readonly ok: true; readonly session: Session; readonly token: SessionToken }
  /** Whatever was wrong: one answer. */
  | Refused<'invalid_credentials'>

/** What the person's browser is to prove them with. Two statements. */
export async function reauthenticateOptions<Metadata extends object>(
  context: ServiceContext<Metadata>,
  valid: ValidSession<object>,
  requestInfo: RequestInfo,
): Promise<ReauthenticatePasskeyStart> {
  const info = readRequestInfo(requestInfo)
  const existing = await context.storage.passkeys.credentials(valid.user.id)
  if (existing.length === 0) return { ok: false, reason: 'not_found' }
  const id = newChallengeId()
  const holder = { kind: 'session', actor: actorOf(valid) } as const
  const tooMany = await startCeremony(context, id, 'reauthenticate', holder, info)
  if (tooMany !== null) return tooMany
  const challenge = challengeOf(id, { kind: 'reauthenticate', sessionId: valid.session.id })
  const allow = existing.map(descriptorOf)
  const options = requestOptions(policyOf(context.options.passkey), challenge, allow)
  return { ok: true, challengeId: id.toString('base64url'), options }
}

/** Notes the fresh proof on this session. Two statements, one for every answer that proves nothing. */
export async function reauthenticate<Metadata extends object>(
  context: ServiceContext<Metadata>,
  valid: ValidSession<object>,
  input: ReauthenticateWithPasskeyInput,
  requestInfo: RequestInfo,
): Promise<ReauthenticateWithPasskeyOutcome> {
  const info = readRequestInfo(requestInfo)
  const { challengeId, response, token, rotate } = readInput(input)
  const id = readChallengeId(challengeId)
  const answer = readAuthenticationAnswer(response)
  const key = keyOfSession(token, valid)
  const eventContext = eventContextOf(valid, info)
  if (id === null) return refused(context, eventContext, 'unknown')
  const { credentialId } = answer
  const credential = await context.storage.passkeys.findForSignIn({
    challengeHash: hashChallengeId(id),
    ceremony: 'reauthenticate',
    credentialId,
  })
  if (credential === null || credential.userId !== valid.user.id)
    return refused(context, eventContext, 'unknown')
  const challenge = challengeOf(id, { kind: 'reauthenticate', sessionId: valid.session.id })
  const expected = { challenge, discoverable: false }
  const policy = policyOf(context.options.passkey)
  const verdict = await verifyAuthentication(answer, credential, expected, policy)
  if (!verdict.ok) return refused(context, eventContext, verdict.problem)
  const next = rotate ? freshSecret(key) : sameSecret(key, token)
  const ipAddress = startCharge(context.options.bruteForce, info.ip)?.key ?? null
  const proved = await context.runWithEffects({
    run: ({ passkeys }) =>
      passkeys.reauthenticate(useOf(credential, verdict), {
        key,
        newSecretHash: next.secretHash,
        ...(ipAddress === null ? {} : { refund: { account: null, ipAddress } }),
      }),
    effects: (outcome: PasskeyReauthentication): Effects<Metadata> =>
      outcome.ok
        ? { events: [event('reauthenticated', eventContext, { method: 'passkey' })] }
        : effectsOfUse(outcome, credential, eventContext),
  })
  return proved.ok ? { ...proved, token: next.token } : invalidCredentials
}
