import type { Refused } from '../../services/refusals.js'
import type { ErrorTexts } from '../../texts/texts.js'
import type { AnsweredReason, ApiError } from './errors.js'

/** A refusal of a service that a route can answer. */
export type RefusedOutcome = Refused<AnsweredReason | 'stale'>

/** The words of one route for its refusals. */
export interface RefusalWords {
  /** Names of texts by reason, where the code's own is less exact. */
  readonly texts?: { readonly [Reason in AnsweredReason]?: keyof ErrorTexts }
  /** The field of the body that held the password (default: `password`). */
  readonly passwordField?: string
}

/**
 * The error of a refusal. Its code is the reason, except that `stale` becomes `conflict`: the handler then validates the
 * session again, and repeats the route or answers `unauthenticated`.
 */
export function outcomeError(refused: RefusedOutcome, words: RefusalWords = {}): ApiError {
  if (refused.reason === 'stale') return { error: 'conflict' }
  const own = words.texts?.[refused.reason]
  const text = own === undefined ? {} : { text: own }
  switch (refused.reason) {
    case 'too_many_attempts':
      return { error: refused.reason, retryAfterSeconds: refused.retryAfterSeconds, ...text }
    case 'password_rejected': {
      const { passwordField: field = 'password' } = words
      return { error: refused.reason, problem: refused.problem, field, ...text }
    }
    case 'fields_rejected':
      return { error: refused.reason, problem: refused.problem, ...text }
    case 'refused_by_application':
      return { error: refused.reason, code: refused.code, message: refused.message }
    case 'second_factor_required':
      return { error: refused.reason, pending: refused.pending }
    case 'level_required': {
      const { methods, enroll } = refused
      return { error: refused.reason, methods, enroll, ...text }
    }
    case 'invalid_code':
      return { error: refused.reason, triesLeft: refused.triesLeft, ...text }
    case 'invalid_credentials': {
      const { credential } = refused
      const known = credential === undefined ? {} : { credential }
      return { error: refused.reason, ...known, ...text }
    }
    case 'passkey_rejected':
      return { error: refused.reason, problem: refused.problem, ...text }
    default:
      return { error: refused.reason, ...text }
  }
}
