import type { ChallengeHolder, PasskeyCeremony } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { startCharge } from '../../rate-limits/rate-limits.js'
import { offeredAlgorithms } from '../../webauthn/credential-key.js'
import type { PasskeyPolicy } from '../../webauthn/verification.js'
import { loadWebAuthnLibrary } from '../../webauthn/web-authn-library.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { PasskeyOptions } from '../options/passkey.js'
import type { TooManyAttempts } from '../refusals.js'
import { hashChallengeId } from './challenge.js'

/** What a page is to hand to the browser, and what names the ceremony when it answers. */
export interface PasskeyCeremonyStart<Options> {
  readonly ok: true
  readonly challengeId: string
  readonly options: Options
}

/** The options, with what is offered. */
export const policyOf = (
  options: PasskeyOptions,
): PasskeyOptions & Pick<PasskeyPolicy, 'algorithms'> => ({
  ...options,
  algorithms: offeredAlgorithms,
})

/** What storing a challenge takes: it is charged to the network that asks. */
export function newChallenge(
  { options }: Pick<ServiceContext<object>, 'options'>,
  id: Uint8Array,
  info: RequestInfo,
) {
  // The answer will need it, and until then there is time.
  loadWebAuthnLibrary()
  return {
    challengeHash: hashChallengeId(id),
    lifetimeSeconds: options.passkey.challengeSeconds,
    ipAddress: startCharge(options.bruteForce, info.ip),
  }
}

/** Stores the challenge of a ceremony; null when it is under way, otherwise the refusal, which is told. */
export async function startCeremony<Metadata extends object>(
  context: ServiceContext<Metadata>,
  id: Uint8Array,
  ceremony: PasskeyCeremony,
  holder: ChallengeHolder,
  info: RequestInfo,
): Promise<TooManyAttempts | null> {
  const challenge = { ...newChallenge(context, id, info), ceremony, holder }
  const started = await context.storage.passkeyChallenges.store(challenge)
  return started.ok ? null : emitRefused(context, started, info)
}

export function emitRefused(
  { emit }: Pick<ServiceContext<object>, 'emit'>,
  refusal: TooManyAttempts,
  info: RequestInfo,
): TooManyAttempts {
  emit({ events: [event('attempts_refused', { userId: null, info }, { path: 'passkey' })] })
  return refusal
}
