import type { ToriiErrorCode } from 'torii-core'
import { InvalidInputError, ToriiError } from 'torii-core'
import type { RefusalReason, Refusals } from '../../services/refusals.js'

/** The errors of HTTP itself, with the data that each carries. All others are reasons of a service. */
interface HttpErrors {
  /** The request body exceeds 16 KiB. */
  body_too_large: unknown
  /** Too much work is waiting. The response has `Retry-After`. */
  busy: unknown
  /** A fault of the server. The log has the details. */
  internal: unknown
  /** A field is missing or has an invalid value; `field` names it. */
  invalid_input: { readonly field: string; readonly message: string }
  /** The body is not one JSON object in UTF-8. */
  invalid_json: { readonly message: string }
  /** The path exists with other methods. The response has `Allow`. */
  method_not_allowed: { readonly allow: string }
  /** A feature is off, because the server does not have the option that `message` names. */
  not_enabled: { readonly message: string }
  /** A page of another origin sent the request. */
  origin_not_allowed: unknown
  /** The caller is not signed in, or its session has ended. */
  unauthenticated: unknown
  /** The database cannot be reached. */
  unavailable: unknown
  /** The body is not `application/json`. */
  unsupported_media_type: unknown
}

/** The reasons that HTTP answers by their own name. {@link Refusals} lists the exceptions. */
export type AnsweredReason = Exclude<RefusalReason, 'declined' | 'expired' | 'stale'>

/** A code in the `error` field of a response. */
export type ErrorCode = keyof HttpErrors | AnsweredReason

/** The closed list of error codes, each with its status. A new reason does not compile until it has one. */
export const errorStatus = Object.freeze({
  invalid_input: 400,
  invalid_json: 400,
  unauthenticated: 401,
  invalid_credentials: 401,
  invalid_token: 401,
  origin_not_allowed: 403,
  reauthentication_required: 403,
  refused_by_application: 403,
  account_disabled: 403,
  not_found: 404,
  not_enabled: 404,
  method_not_allowed: 405,
  email_taken: 409,
  last_method: 409,
  already_exists: 409,
  conflict: 409,
  too_many: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  fields_rejected: 422,
  password_rejected: 422,
  passkey_rejected: 422,
  too_many_attempts: 429,
  internal: 500,
  provider_failed: 502,
  busy: 503,
  unavailable: 503,
} as const satisfies Record<ErrorCode, number>)

type DetailsOf<Code> = Code extends keyof HttpErrors
  ? HttpErrors[Code]
  : Code extends AnsweredReason
    ? Refusals[Code]
    : never

/** An error with the data of its code. `message` and `field` replace the code's own. */
export type ApiError = {
  [Code in ErrorCode]: {
    readonly error: Code
    readonly message?: string
    readonly field?: string
  } & DetailsOf<Code>
}[ErrorCode]

/** Responds with `{error, message, field?, reason?}` and the status of the code. */
export function errorResponse(error: ApiError): Response {
  const { headers, ...body } = bodyOf(error)
  return Response.json(
    { error: error.error, ...body },
    { status: errorStatus[error.error], headers: headers ?? {} },
  )
}

/** The headers that the response of an error has, as JSON or as a page. */
export const errorHeaders = (error: ApiError): Readonly<Record<string, string>> =>
  bodyOf(error).headers ?? {}

/** The sentence of an error for the person who sees it. */
export const messageOf = (error: ApiError): string => bodyOf(error).message

interface ErrorBody {
  message: string
  field?: string
  reason?: string
  headers?: Record<string, string>
}

function bodyOf(error: ApiError): ErrorBody {
  const described = describe(error)
  const { message = described.message, field = described.field } = error
  return { ...described, message, ...(field === undefined ? {} : { field }) }
}

/** RFC 9110 section 15.5.2 requires it of every 401. Browsers show no prompt for this scheme. */
const challenge = { 'www-authenticate': 'Bearer' }

/** A new error does not compile until it has a message. */
function describe(error: ApiError): ErrorBody {
  switch (error.error) {
    case 'invalid_input':
      return { message: error.message, field: error.field }
    case 'invalid_json':
    case 'not_enabled':
      return { message: error.message }
    case 'fields_rejected':
      return { ...error.problem }
    case 'password_rejected':
      return { ...error.problem, field: 'password' }
    case 'refused_by_application':
      return { message: error.message, reason: error.code }
    case 'passkey_rejected':
      return { message: 'This passkey could not be verified.', reason: error.problem }
    case 'too_many_attempts':
      return {
        message: `Too many attempts. Try again in ${error.retryAfterSeconds} seconds.`,
        headers: { 'retry-after': String(error.retryAfterSeconds) },
      }
    case 'method_not_allowed':
      return { message: `Use ${error.allow}.`, headers: { allow: error.allow } }
    case 'busy':
      return { message: 'The server is busy. Try again shortly.', headers: { 'retry-after': '1' } }
    case 'unauthenticated':
      return { message: 'You are not signed in.', headers: challenge }
    case 'invalid_credentials':
      return { message: 'Incorrect email address or password.', headers: challenge }
    case 'invalid_token':
      return {
        message: 'This link or code has expired or was already used. Request a new one.',
        headers: challenge,
      }
    case 'reauthentication_required':
      return { message: 'Confirm your identity to continue.' }
    case 'account_disabled':
      return { message: 'This account is disabled.' }
    case 'last_method':
      return {
        message: 'This is your only sign-in method. Add another one before you remove it.',
      }
    case 'conflict':
      return { message: 'Your account was changed at the same moment. Try again.' }
    case 'already_exists':
      return { message: 'This already exists.' }
    case 'too_many':
      return { message: 'You have reached the limit. Delete an existing entry first.' }
    case 'origin_not_allowed':
      return { message: 'Requests from this origin are not allowed.' }
    case 'not_found':
      return { message: 'Not found.' }
    case 'email_taken':
      return { message: 'An account with this email address already exists.', field: 'email' }
    case 'body_too_large':
      return { message: 'The request body must not exceed 16 KiB.' }
    case 'unsupported_media_type':
      return { message: 'Send the body as application/json.' }
    case 'provider_failed':
      return { message: 'The provider is unavailable. Try again later.' }
    case 'unavailable':
      return { message: 'The service is temporarily unavailable. Try again shortly.' }
    case 'internal':
      return { message: 'Something went wrong on the server. Try again later.' }
    default:
      return error satisfies never
  }
}

/**
 * The error for a thrown value. An InvalidInputError is the client's fault only when it is about a value that a user
 * sent. Every unexpected value is `internal`, without details.
 */
export function thrownError(error: unknown): ApiError {
  if (error instanceof InvalidInputError && error.kind === 'value')
    return { error: 'invalid_input', field: error.field, message: `${error.message}.` }
  return { error: error instanceof ToriiError ? codeOf(error.code) : 'internal' }
}

function codeOf(code: ToriiErrorCode): 'busy' | 'unavailable' | 'internal' {
  switch (code) {
    case 'ERR_BUSY':
    case 'ERR_CONTENTION':
      return 'busy'
    case 'ERR_UNAVAILABLE':
    case 'ERR_STATEMENT_ENDED':
    case 'ERR_OUTCOME_UNKNOWN':
    case 'ERR_CLOSED':
      return 'unavailable'
    case 'ERR_HOOK':
    case 'ERR_INVALID_INPUT':
    case 'ERR_INVALID_OPTIONS':
    case 'ERR_MISUSE':
    case 'ERR_SCHEMA_OUTDATED':
    case 'ERR_SCHEMA_NEWER':
    case 'ERR_MIGRATION_DRIFT':
    case 'ERR_MIGRATION_FAILED':
    case 'ERR_PERMISSION':
    case 'ERR_POOLER':
    case 'ERR_DATABASE_LOCKED':
    case 'ERR_DECRYPTION':
    case 'ERR_STORAGE':
      return 'internal'
    default:
      code satisfies never
      return 'internal'
  }
}
