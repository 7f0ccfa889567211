import type { Refused } from '../../services/refusals.js'
import type { AnsweredReason, ApiError } from './errors.js'
import { errorResponse } from './errors.js'

/** A refusal of a service that a route can answer. */
export type RefusedOutcome = Refused<AnsweredReason | 'stale'>

/** What a route says of a refusal in its own words: a message by reason, the field of the password. */
export interface RefusalWords {
  readonly messages?: { readonly [Reason in AnsweredReason]?: string }
  /** The field of the request that had the password (default: `password`). */
  readonly passwordField?: string
}

/** The error of a refusal: its reason, except that `stale` is `unauthenticated`. */
export function outcomeError(refused: RefusedOutcome, words: RefusalWords = {}): ApiError {
  if (refused.reason === 'stale') return { error: 'unauthenticated' }
  const message = words.messages?.[refused.reason]
  const said = message === undefined ? {} : { message }
  switch (refused.reason) {
    case 'too_many_attempts':
      return { error: refused.reason, retryAfterSeconds: refused.retryAfterSeconds, ...said }
    case 'password_rejected': {
      const { passwordField: field = 'password' } = words
      return { error: refused.reason, problem: refused.problem, field, ...said }
    }
    case 'passkey_rejected':
      return { error: refused.reason, problem: refused.problem, ...said }
    default:
      return { error: refused.reason, ...said }
  }
}

/** The response to a refusal. */
export const outcomeResponse = (refused: RefusedOutcome, words?: RefusalWords): Response =>
  errorResponse(outcomeError(refused, words))
