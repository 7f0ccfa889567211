import { randomBytes } from 'node:crypto'
import type {
  Charge,
  ChargeRefusal,
  Json,
  PasskeyCredential,
  PasskeySignInOutcome,
  RateLimitRefund,
  SessionLevel,
} from 'torii-core'
import { encodeBase64url } from '../../base/base64url.js'
import type { EmailInput } from '../../base/email-input.js'
import { readEmail } from '../../base/email-input.js'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { ToriiEvent } from '../../events/event.js'
import { callerOf } from '../../rate-limits/caller.js'
import { completionCharge, startCharge } from '../../rate-limits/rate-limits.js'
import type { PasskeyRequestOptions } from '../../webauthn/ceremony-options.js'
import { requestOptions } from '../../webauthn/ceremony-options.js'
import type { AuthenticationResponse } from '../../webauthn/response.js'
import { parseAuthenticationResponse } from '../../webauthn/response.js'
import type { AuthenticationResult } from '../../webauthn/verify-authentication.js'
import { verifyAuthentication } from '../../webauthn/verify-authentication.js'
import type { ServiceContext } from '../context/context.js'
import type { Effects, EventContextInput } from '../effects/effects.js'
import { event, eventsOfSignIn } from '../effects/effects.js'
import { secondFactorRequired } from '../pending-sign-in.js'
import type {
  Refused,
  RefusedByApplication,
  SecondFactorRequired,
  TooManyAttempts,
} from '../refusals.js'
import { invalidCredentials, unknownCredential } from '../refusals.js'
import type { Remembering, SessionTerms } from '../sessions/new-session.js'
import { prepareSession, termsOf } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'
import { challengeOf, hashChallengeId, malformedId, newChallengeId } from './challenge.js'
import { decoyCredentials, descriptorOf, isDecoy } from './decoys.js'
import type { PasskeyAnswerInput } from './input.js'
import { parseAnswer, readChallengeId, readInput } from './input.js'
import { logRefusedPage } from './refused-page.js'
import type { PasskeyCeremonyStart } from './start.js'
import { emitRefused, newChallenge, policyOf, startCeremony } from './start.js'

/** The email address whose passkeys are allowed. Without one, the authenticator offers its discoverable passkeys. */
export interface AuthenticateOptionsInput {
  email?: string
}

export type AuthenticatePasskeyStart =
  | PasskeyCeremonyStart<PasskeyRequestOptions>
  | RefusedByApplication
  | TooManyAttempts

export type AuthenticatePasskeyOutcome<Metadata extends object = Record<string, Json>> =
  | SignedIn<Metadata>
  /**
   * The challenge, passkey, signature, counter or account is wrong. The result does not reveal which, but `credential` says that
   * no passkey of this credential id is stored.
   */
  | Refused<'invalid_credentials'>
  | RefusedByApplication
  /** Only for an assertion without user verification. */
  | SecondFactorRequired
  | TooManyAttempts

/** Creates the options for a sign-in. One statement, the same for every email address. */
export const authenticateOptions =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: AuthenticateOptionsInput,
    requestInfo: RequestInfo,
  ): Promise<AuthenticatePasskeyStart> => {
    const info = readRequestInfo(requestInfo)
    const { email: entered } = readInput(input)
    const given = entered === undefined ? null : readEmail(entered)
    const refused = await context.before(['beforeSignIn'], {
      operation: 'passkey.authenticateOptions',
      info,
      ...(given === null ? {} : { email: given.email }),
    })
    if (refused !== null) return refused
    return given === null
      ? discoverableOptions(context, info)
      : optionsByEmail(context, given, info)
  }

async function discoverableOptions<Metadata extends object>(
  context: ServiceContext<Metadata>,
  info: CheckedRequestInfo,
): Promise<AuthenticatePasskeyStart> {
  const id = newChallengeId()
  const refused = await startCeremony(context, id, 'authenticate', info)
  if (refused !== null) return refused
  const challenge = challengeOf(id, { kind: 'discoverable' })
  const options = requestOptions(policyOf(context.options.passkey), challenge, [])
  return { ok: true, challengeId: encodeBase64url(id), options }
}

/** For an email address without passkeys the options contain decoys. They are computed in either case. */
async function optionsByEmail<Metadata extends object>(
  context: ServiceContext<Metadata>,
  { email, emailKey }: EmailInput,
  info: CheckedRequestInfo,
): Promise<AuthenticatePasskeyStart> {
  const decoys = decoyCredentials(context.options.keys, emailKey)
  const id = newChallengeId()
  const started = await context.storage.passkeyChallenges.storeForEmail(
    newChallenge(context, id, info),
    email,
  )
  if (!started.ok) return emitRefused(context, started, info)
  const allow = started.credentials.length > 0 ? started.credentials.map(descriptorOf) : decoys
  const challenge = challengeOf(id, { kind: 'address' })
  const options = requestOptions(policyOf(context.options.passkey), challenge, allow)
  return { ok: true, challengeId: encodeBase64url(id), options }
}

/** Signs in by the response. Two statements, or one if the response is not valid. A failure of the first is counted. */
export const authenticate =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: PasskeyAnswerInput & Remembering,
    requestInfo: RequestInfo,
  ): Promise<AuthenticatePasskeyOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const { challengeId, response, remember } = readInput(input)
    const terms = termsOf(context.options, remember)
    const id = readChallengeId(challengeId)
    const denied = await context.before(['beforeSignIn', 'beforeSession'], {
      operation: 'passkey.authenticate',
      info,
    })
    if (denied !== null) return denied
    const charge = completionCharge(
      context.options.bruteForce,
      callerOf(context.options.keys, info),
    )
    const find = findCredential(context, id, 'authenticate', charge)
    const answer = await parseAssertion(response, find)
    const credential = await find(answer.credentialId)
    if (credential !== null && 'reason' in credential) return emitRefused(context, credential, info)
    if (id === null || credential === null) {
      const isUnknown = await isStoredNowhere(context, answer.credentialId)
      const refusal = refused(context, { userId: null, info }, 'unknown')
      return isUnknown ? unknownCredential : refusal
    }
    const verdict = verify(context, id, answer, credential)
    if (!verdict.ok) {
      logRefusedPage(context, verdict.problem, answer.clientData.parsed)
      return refused(context, { userId: credential.userId, info }, verdict.problem)
    }
    return openSession(context, credential, verdict, { info, terms })
  }

/**
 * Whether no passkey has this credential id, so that an authenticator may forget it. False for a made-up id: it would show
 * that its email address has no passkeys.
 * @see WebAuthn Level 3, section 5.1.10.1, and section 14.6.2 on enumeration
 */
const isStoredNowhere = async (
  { storage, options }: Pick<ServiceContext<object>, 'storage' | 'options'>,
  credentialId: Uint8Array,
): Promise<boolean> =>
  !(await storage.passkeys.isStored(credentialId)) && !isDecoy(options.keys, credentialId)

/** Finds the passkey of an answer by its credential id; every call uses the challenge. */
type FindCredential = (
  credentialId: Uint8Array,
) => Promise<PasskeyCredential | ChargeRefusal | null>

/** `id` is that of the challenge; null if it is malformed, which is counted like an unknown one. */
export const findCredential =
  (
    { storage }: Pick<ServiceContext<object>, 'storage'>,
    id: Uint8Array | null,
    ceremony: 'authenticate' | 'reauthenticate',
    charge: Charge | null,
  ): FindCredential =>
  (credentialId) =>
    storage.passkeys.findForSignIn({
      challengeHash: hashChallengeId(id ?? malformedId),
      ceremony,
      credentialId,
      charge,
    })

/** Parses an authentication response. A malformed one uses the challenge, with a credential id that no account has. */
export const parseAssertion = (
  response: unknown,
  find: FindCredential,
): Promise<AuthenticationResponse> =>
  parseAnswer(parseAuthenticationResponse, response, () => find(randomBytes(32)))

/** The challenge says whether an email address was given. If so, the response need not contain the user handle. */
function verify(
  { options }: Pick<ServiceContext<object>, 'options'>,
  id: Uint8Array,
  answer: AuthenticationResponse,
  credential: PasskeyCredential,
): AuthenticationResult {
  const byAddress = challengeOf(id, { kind: 'address' })
  const discoverable = answer.clientData.parsed.challenge !== byAddress
  const challenge = discoverable ? challengeOf(id, { kind: 'discoverable' }) : byAddress
  const expected = { challenge, discoverable }
  return verifyAuthentication(answer, credential, expected, policyOf(options.passkey))
}

async function openSession<Metadata extends object>(
  { options, runWithEffects }: ServiceContext<Metadata>,
  credential: PasskeyCredential,
  verdict: Extract<AuthenticationResult, { ok: true }>,
  { info, terms }: { info: CheckedRequestInfo; terms: SessionTerms },
): Promise<AuthenticatePasskeyOutcome<Metadata>> {
  const { userId } = credential
  const prepared = prepareSession(options, userId, 'passkey', info, terms)
  const session = { ...prepared.session, level: levelOf(verdict) }
  const use = useOf(credential, verdict)
  const ipAddress = startCharge(options.bruteForce, callerOf(options.keys, info))
  const refund: RateLimitRefund = { account: null, ipAddress: ipAddress?.key ?? null }
  const eventContext = { userId, sessionId: session.id, info }
  const opened = await runWithEffects({
    run: ({ passkeys }) =>
      passkeys.signIn(use, ipAddress === null ? { session } : { session, refund }),
    effects: (outcome): Effects<Metadata> => {
      if (outcome.ok || outcome.reason === 'second_factor_required')
        return {
          events: [
            ...eventsOfSignIn(options.keys, outcome, 'passkey', eventContext),
            ...warningsOf(credential, verdict, eventContext),
          ],
        }
      return effectsOfUse(outcome, credential, { userId, info })
    },
  })
  if (opened.ok) return { ...opened, token: prepared.token }
  return opened.reason === 'second_factor_required'
    ? secondFactorRequired(options, opened.pending, prepared.pendingToken())
    : invalidCredentials
}

/**
 * A passkey with user verification proves two factors by itself: the device, and the PIN or biometric that unlocks it.
 * @see NIST SP 800-63B-4, 3.1.7
 */
export const levelOf = ({ userVerified }: { readonly userVerified: boolean }): SessionLevel =>
  userVerified ? 2 : 1

/** Returns the values to store with the passkey after a verified response. */
export const useOf = (
  { credentialId, userId, epochs }: PasskeyCredential,
  { signCount, backedUp, userHandle }: Extract<AuthenticationResult, { ok: true }>,
) => ({ credentialId, userId, epochs, signCount, backedUp, userHandle })

/**
 * Reports what an accepted answer says about its passkey: a counter that did not increase, and a change of the flag that
 * should never change.
 * @see WebAuthn Level 3, section 6.1.1, and section 7.2 steps 19 and 22
 */
export function warningsOf(
  { id, signCount: stored, backupEligible }: PasskeyCredential,
  now: Extract<AuthenticationResult, { ok: true }>,
  eventContext: EventContextInput,
): readonly ToriiEvent[] {
  const regressed = now.signCount <= stored && stored > 0
  const changed = now.backupEligible !== backupEligible
  return [
    ...(regressed
      ? [
          event('passkey_counter_regression', eventContext, {
            passkeyId: id,
            outcome: 'accepted',
          }),
        ]
      : []),
    ...(changed
      ? [
          event('passkey_backup_eligibility_changed', eventContext, {
            passkeyId: id,
            now: now.backupEligible ? 'backup_eligible' : 'single_device',
          }),
        ]
      : []),
  ]
}

/** Reports a refused counter: the passkey may have been copied. @see WebAuthn Level 3, section 6.1.1 */
export function effectsOfUse(
  { reason }: Pick<Extract<PasskeySignInOutcome, { ok: false }>, 'reason'>,
  { id }: PasskeyCredential,
  eventContext: EventContextInput,
): Pick<Effects<object>, 'events'> {
  const failed = event('sign_in_failed', eventContext, { method: 'passkey', reason })
  if (reason !== 'counter_regression') return { events: [failed] }
  return {
    events: [
      event('passkey_counter_regression', eventContext, { passkeyId: id, outcome: 'refused' }),
      failed,
    ],
  }
}

/** The answer is the same for every reason; only the event contains it. */
export function refused(
  { emit }: Pick<ServiceContext<object>, 'emit'>,
  eventContext: EventContextInput,
  reason: string,
): typeof invalidCredentials {
  emit({ events: [event('sign_in_failed', eventContext, { method: 'passkey', reason })] })
  return invalidCredentials
}
