import type { ToriiErrorCode } from 'torii-core'
import { InvalidInputError, ToriiError } from 'torii-core'
import type { PasswordProblem } from '../../password-policy/policy.js'

/** The closed list of error codes in answers, each with its status. */
export const errorStatus = Object.freeze({
  /** A field is missing or not what it must be; `field` names it. */
  invalid_input: 400,
  /** The body is not one JSON object in UTF-8. */
  invalid_json: 400,
  /** Not signed in, or no longer. */
  unauthenticated: 401,
  /** Address and password do not belong together; says nothing about which accounts exist. */
  invalid_credentials: 401,
  /** A link, code, challenge or state that is unknown, used, expired or somebody else's: one answer for all. */
  invalid_token: 401,
  /** The request was sent by a page of another origin. */
  origin_not_allowed: 403,
  /** The act needs a fresh proof of who asks: `POST /auth/reauthenticate`, or sign in again. */
  reauthentication_required: 403,
  /** The account is disabled; said only to who has proved to be its owner. */
  account_disabled: 403,
  /** No such route, or nothing of that id that belongs to you. */
  not_found: 404,
  /** The route exists with other methods; see `Allow`. */
  method_not_allowed: 405,
  /** Another account holds the address. */
  email_taken: 409,
  /** Nothing else would let the person in: add another way first. */
  last_method: 409,
  /** There is one already: a password, a linked account, a passkey. */
  already_exists: 409,
  /** The account has as many as are allowed. */
  too_many: 409,
  /** The body is larger than 16 KiB. */
  body_too_large: 413,
  /** The body is not `application/json`. */
  unsupported_media_type: 415,
  /** The new password is refused; `reason` says why. */
  password_rejected: 422,
  /** The passkey's answer did not pass a step of the ceremony; `reason` says which. */
  passkey_rejected: 422,
  /** Wait as long as `Retry-After` says. */
  too_many_attempts: 429,
  /** A fault of the server; its log says more. */
  internal: 500,
  /** A provider cannot be asked, or answered what it must not. */
  provider_failed: 502,
  /** Too much work is waiting; try again after `Retry-After`. */
  busy: 503,
  /** The database cannot be reached. */
  unavailable: 503,
})

export type ErrorCode = keyof typeof errorStatus

/** A refusal with what its answer has to say beside the code. */
export type Refusal =
  | { error: 'invalid_input'; field: string; message: string }
  | { error: 'invalid_json'; message: string }
  | { error: 'password_rejected'; problem: PasswordProblem; field?: string }
  | { error: 'passkey_rejected'; problem: string }
  | { error: 'too_many_attempts'; retryAfterSeconds: number }
  | { error: 'method_not_allowed'; allow: string }
  | {
      error: Exclude<
        ErrorCode,
        | 'invalid_input'
        | 'invalid_json'
        | 'password_rejected'
        | 'passkey_rejected'
        | 'too_many_attempts'
        | 'method_not_allowed'
      >
    }

/** `{error, message, field?}` with the status of the code. */
export function refuse(refusal: Refusal): Response {
  const { headers, ...body } = describe(refusal)
  const init = { status: errorStatus[refusal.error], headers: headers ?? {} }
  return Response.json({ error: refusal.error, ...body }, init)
}

interface Description {
  message: string
  field?: string
  reason?: string
  headers?: Record<string, string>
}

/** What RFC 9110 section 15.5.2 asks of every 401; browsers show no prompt for this scheme. */
const challenge = { 'www-authenticate': 'Bearer' }

/** A new refusal does not compile until it has its sentence. */
function describe(refusal: Refusal): Description {
  switch (refusal.error) {
    case 'invalid_input':
      return { message: refusal.message, field: refusal.field }
    case 'invalid_json':
      return { message: refusal.message }
    case 'password_rejected':
      return { ...refusal.problem, field: refusal.field ?? 'password' }
    case 'passkey_rejected':
      return { message: 'This passkey cannot be used here.', reason: refusal.problem }
    case 'too_many_attempts':
      return {
        message: `Too many attempts. Try again in ${refusal.retryAfterSeconds} seconds.`,
        headers: { 'retry-after': String(refusal.retryAfterSeconds) },
      }
    case 'method_not_allowed':
      return { message: `Use ${refusal.allow}.`, headers: { allow: refusal.allow } }
    case 'busy':
      return { message: 'The server is busy. Try again shortly.', headers: { 'retry-after': '1' } }
    case 'unauthenticated':
      return { message: 'You are not signed in.', headers: challenge }
    case 'invalid_credentials':
      return { message: 'The e-mail address or the password is not right.', headers: challenge }
    case 'invalid_token':
      return {
        message: 'This has been used, is too old, or was replaced. Ask for a new one.',
        headers: challenge,
      }
    case 'reauthentication_required':
      return { message: 'Confirm that it is you first.' }
    case 'account_disabled':
      return { message: 'This account is disabled.' }
    case 'last_method':
      return { message: 'Nothing else would let you in. Add another way to sign in first.' }
    case 'already_exists':
      return { message: 'There is one already.' }
    case 'too_many':
      return { message: 'You have as many as are allowed. Remove one first.' }
    case 'origin_not_allowed':
      return { message: 'Requests from this origin are not accepted.' }
    case 'not_found':
      return { message: 'There is nothing here.' }
    case 'email_taken':
      return { message: 'An account with this e-mail address exists already.', field: 'email' }
    case 'body_too_large':
      return { message: 'The body must be at most 16 KiB.' }
    case 'unsupported_media_type':
      return { message: 'Send the body as application/json.' }
    case 'provider_failed':
      return { message: 'The provider cannot be reached at the moment. Try again shortly.' }
    case 'unavailable':
      return { message: 'The database cannot be reached at the moment. Try again shortly.' }
    case 'internal':
      return { message: 'Something went wrong on the server.' }
    default:
      return refusal satisfies never
  }
}

/**
 * The refusal for something thrown. An InvalidInputError is the caller's only when it names one of the
 * route's own `fields`; everything unforeseen is `internal`, without detail.
 */
export function refusalOf(error: unknown, fields: readonly string[]): Refusal {
  if (error instanceof InvalidInputError && fields.includes(error.field))
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
