import type { ChallengeHolder, PasskeyCeremony, ValidSession } from 'torii-core'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import { callerOf } from '../../rate-limits/caller.js'
import { sessionCharge, startCharge } from '../../rate-limits/rate-limits.js'
import { offeredAlgorithms } from '../../webauthn/credential-key.js'
import type { PasskeyPolicy } from '../../webauthn/verification.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { PasskeyOptions } from '../options/passkey.js'
import { requirePasskeyOrigins } from '../options/passkey.js'
import type { TooManyAttempts } from '../refusals.js'
import { actorOf } from '../sessions/valid-session.js'
import { hashChallengeId } from './challenge.js'

/** The options for the browser, and the id of the ceremony for its response. */
export interface PasskeyCeremonyStart<Options> {
  readonly ok: true
  readonly challengeId: string
  readonly options: Options
}

/**
 * Returns the passkey options with the algorithms that are offered.
 * @throws InvalidOptionsError if the base URL is an IP address
 */
export function policyOf(
  options: PasskeyOptions,
): PasskeyOptions & Pick<PasskeyPolicy, 'algorithms'> {
  requirePasskeyOrigins(options)
  return { ...options, algorithms: offeredAlgorithms }
}

/** Returns a challenge for the storage. It is counted for the IP address, or for the session that it belongs to. */
export function newChallenge(
  { options }: Pick<ServiceContext<object>, 'options'>,
  id: Uint8Array,
  info: CheckedRequestInfo,
  valid: ValidSession<object> | null = null,
) {
  const { bruteForce, passkey } = options
  return {
    challengeHash: hashChallengeId(id),
    lifetimeSeconds: passkey.challengeSeconds,
    ipAddress:
      valid === null
        ? startCharge(bruteForce, callerOf(options.keys, info))
        : sessionCharge(bruteForce, 'sessionRequests', valid),
  }
}

/** Stores the challenge of a ceremony, for the session if one is given. Returns null, or the refusal of the rate limit, for which it emits an event. */
export async function startCeremony<Metadata extends object>(
  context: ServiceContext<Metadata>,
  id: Uint8Array,
  ceremony: PasskeyCeremony,
  info: CheckedRequestInfo,
  valid: ValidSession<object> | null = null,
): Promise<TooManyAttempts | null> {
  const holder: ChallengeHolder =
    valid === null ? { kind: 'anyone' } : { kind: 'session', actor: actorOf(valid) }
  const challenge = { ...newChallenge(context, id, info, valid), ceremony, holder }
  const started = await context.storage.passkeyChallenges.store(challenge)
  return started.ok ? null : emitRefused(context, started, info)
}

export function emitRefused(
  { emit }: Pick<ServiceContext<object>, 'emit'>,
  refusal: TooManyAttempts,
  info: CheckedRequestInfo,
): TooManyAttempts {
  emit({ events: [event('attempts_refused', { userId: null, info }, { path: 'passkey' })] })
  return refusal
}
