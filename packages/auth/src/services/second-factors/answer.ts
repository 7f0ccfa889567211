import type { NewTrustedBrowser, PendingKey, SecondFactor } from 'torii-core'
import { PendingToken } from 'torii-core'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import { parsePendingToken } from '../../crypto/session-token.js'
import type { ServiceContext } from '../context/context.js'
import type { EventContextInput } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import type { Refused, TooManyAttempts } from '../refusals.js'

/** Reads the token of a pending sign-in; null for any other value. */
export const readPendingToken = (token: unknown): PendingKey | null =>
  parsePendingToken(token instanceof PendingToken ? token.reveal() : token)

/** The event of a second factor that was not proved. */
export const failed = ({ userId }: PendingKey, factor: SecondFactor, info: CheckedRequestInfo) =>
  event('second_factor_failed', { userId, info }, { factor })

/** What an answer says of the browser that it has made a trusted one; nothing without one. */
export const trustOf = (trust: NewTrustedBrowser | null) =>
  trust === null ? {} : ({ trustsBrowser: true } as const)

/** The event of such a browser. */
export const trustEvents = (trust: NewTrustedBrowser | null, context: EventContextInput) =>
  trust === null ? [] : [event('browser_trusted', context, { trustedBrowserId: trust.id })]

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
