import { errors as joseErrors } from 'jose'
import * as oauth from 'oauth4webapi'

/** What went wrong with a provider. */
export type ProviderProblem =
  /** It could not be reached, or ended the connection. */
  | 'unreachable'
  /** It took longer than the limit. */
  | 'timeout'
  /** It answered with a redirect, which is never followed. */
  | 'redirected'
  /** It answered with more than the limit. */
  | 'too_large'
  /** It answered something that is not what the protocol asks for. */
  | 'malformed'
  /** It answered with an error of its own; `detail` is its code. */
  | 'refused'
  /** The answer is not, or not provably, this provider's answer to this flow. */
  | 'not_genuine'
  /** The person's profile could not be read of what it answered. */
  | 'profile'

/** A provider could not be reached, or its response was refused. No text of the response is logged, only a code. */
export interface ProviderLogEvent {
  level: 'warn'
  event: 'provider_failed'
  provider: string
  problem: ProviderProblem
  detail: string | null
}

/**
 * A provider could not be asked, or answered what it must not. `detail` is a code, never a text of the
 * provider's, and there is no cause: the errors below hold bodies, tokens and codes.
 */
export class ProviderFailure extends Error {
  readonly problem: ProviderProblem
  readonly detail: string | null

  constructor(problem: ProviderProblem, detail: string | null = null) {
    super(detail === null ? problem : `${problem}: ${detail}`)
    this.name = 'ProviderFailure'
    this.problem = problem
    this.detail = detail
  }
}

/** Error codes of RFC 6749 and its kin; anything longer or stranger is not repeated. */
const codeForm = /^[A-Za-z0-9_.-]{1,64}$/

/** The code if it has the form of one, otherwise null. */
const errorCode = (value: unknown): string | null =>
  typeof value === 'string' && codeForm.test(value) ? value : null

/** Codes of oauth4webapi that say that an answer is somebody else's, forged, or for another flow. */
const notGenuine: readonly string[] = [
  ...[oauth.JWT_TIMESTAMP_CHECK, oauth.JWT_CLAIM_COMPARISON, oauth.JSON_ATTRIBUTE_COMPARISON],
  ...[oauth.KEY_SELECTION, oauth.UNSUPPORTED_OPERATION],
]

/** What an error of the protocol libraries means; one that is none of theirs is thrown on. */
export function toProviderFailure(error: unknown): ProviderFailure {
  if (error instanceof ProviderFailure) return error
  if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError)
    return new ProviderFailure('refused', errorCode(error.error))
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return new ProviderFailure('refused', `status_${error.status}`)
  if (
    error instanceof oauth.OperationProcessingError ||
    error instanceof oauth.UnsupportedOperationError
  ) {
    const code = error.code ?? null
    return new ProviderFailure(notGenuine.includes(code ?? '') ? 'not_genuine' : 'malformed', code)
  }
  if (error instanceof joseErrors.JOSEError) return new ProviderFailure('not_genuine', error.code)
  throw error
}
