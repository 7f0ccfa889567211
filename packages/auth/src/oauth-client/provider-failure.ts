import { errors as joseErrors } from 'jose'
import * as oauth from 'oauth4webapi'

/** Why a request to a provider failed. */
export type ProviderProblem =
  /** The provider could not be reached, or closed the connection. */
  | 'unreachable'
  /** The response took longer than the limit. */
  | 'timeout'
  /** The response was a redirect, which is never followed. */
  | 'redirected'
  /** The response was larger than the limit. */
  | 'too_large'
  /** The response violates the protocol. */
  | 'malformed'
  /** The response was an error; `detail` is its code. */
  | 'refused'
  /** The response cannot be verified as this provider's response to this flow. */
  | 'not_genuine'
  /** The user's profile could not be read from the response. */
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
 * A request to a provider failed. `detail` is a code, never text from the provider, and there is no `cause`: the
 * underlying errors contain bodies, tokens and codes.
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

/** Returns the log event of a failure. */
export const providerFailed = (
  provider: string,
  { problem, detail }: ProviderFailure,
): ProviderLogEvent => ({ level: 'warn', event: 'provider_failed', provider, problem, detail })

/** Error codes of RFC 6749 and its extensions. Any other text is not repeated. */
const codeForm = /^[A-Za-z0-9_.-]{1,64}$/

/** Returns the code if it has the form of one, otherwise null. */
const errorCode = (value: unknown): string | null =>
  typeof value === 'string' && codeForm.test(value) ? value : null

/** Codes of oauth4webapi for a response that is forged, from another issuer, or for another flow. */
const notGenuine: readonly string[] = [
  ...[oauth.JWT_TIMESTAMP_CHECK, oauth.JWT_CLAIM_COMPARISON, oauth.JSON_ATTRIBUTE_COMPARISON],
  ...[oauth.KEY_SELECTION, oauth.UNSUPPORTED_OPERATION],
]

/** Converts an error of the protocol libraries to a {@link ProviderFailure}; rethrows any other error. */
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
