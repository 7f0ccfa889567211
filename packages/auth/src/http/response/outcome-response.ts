import type { PasswordProblem } from '../../password-policy/policy.js'
import { refuse } from './errors.js'

/** Every refusal of a service that has an answer of its own, whichever act it belongs to. */
export type RefusedOutcome =
  | { readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }
  | { readonly reason: 'password_rejected'; readonly problem: PasswordProblem }
  | { readonly reason: 'passkey_rejected'; readonly problem: string }
  | {
      readonly reason:
        | 'account_disabled'
        | 'exists'
        | 'invalid_credentials'
        | 'invalid_token'
        | 'last_method'
        | 'none'
        | 'not_found'
        | 'provider_failed'
        | 'reauthentication_required'
        | 'stale'
        | 'taken'
        | 'too_many'
        | 'unknown_provider'
    }

/** The answer to a refusal. `passwordField` names the field that a password was in. */
export function refuseOutcome(refused: RefusedOutcome, passwordField = 'password'): Response {
  switch (refused.reason) {
    case 'too_many_attempts':
      return refuse({ error: refused.reason, retryAfterSeconds: refused.retryAfterSeconds })
    case 'password_rejected':
      return refuse({ error: refused.reason, problem: refused.problem, field: passwordField })
    case 'passkey_rejected':
      return refuse({ error: refused.reason, problem: refused.problem })
    // The session has ended between its validation and the act.
    case 'stale':
      return refuse({ error: 'unauthenticated' })
    case 'none':
    case 'unknown_provider':
      return refuse({ error: 'not_found' })
    case 'exists':
    case 'taken':
      return refuse({ error: 'already_exists' })
    case 'account_disabled':
    case 'invalid_credentials':
    case 'invalid_token':
    case 'last_method':
    case 'not_found':
    case 'provider_failed':
    case 'reauthentication_required':
    case 'too_many':
      return refuse({ error: refused.reason })
    default:
      return refused satisfies never
  }
}
