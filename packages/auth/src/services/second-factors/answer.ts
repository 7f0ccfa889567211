import type { PendingKey, SecondFactor } from 'torii-core'
import { PendingToken } from 'torii-core'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import { parsePendingToken } from '../../crypto/session-token.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { Refused, TooManyAttempts } from '../refusals.js'

/** Reads the token of a pending sign-in; null for any other value. */
export const readPendingToken = (token: unknown): PendingKey | null =>
  parsePendingToken(token instanceof PendingToken ? token.reveal() : token)

/** The event of a second factor that was not proved. */
export const failed = ({ userId }: PendingKey, factor: SecondFactor, info: CheckedRequestInfo) =>
  event('second_factor_failed', { userId, info }, { factor })

/** Emits the refusal of a rate limit. The user of a made-up token is not named. */
export function refused<Refusal extends Refused<'invalid_token' | 'not_found'> | TooManyAttempts>(
  { emit }: Pick<ServiceContext<object>, 'emit'>,
  refusal: Refusal,
  info: CheckedRequestInfo,
): Refusal {
  if (refusal.reason === 'too_many_attempts')
    emit({ events: [event('attempts_refused', { userId: null, info }, { path: 'second_factor' })] })
  return refusal
}
