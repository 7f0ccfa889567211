import type { PendingToken, ToriiErrorCode } from 'torii-core'
import { InvalidInputError, ToriiError } from 'torii-core'
import type { PendingSignInFactors } from '../../services/pending-sign-in.js'
import type { LevelProofs, RefusalReason, Refusals } from '../../services/refusals.js'
import { englishTexts } from '../../texts/english.js'
import { fill } from '../../texts/fill.js'
import type { ErrorTexts, Texts } from '../../texts/texts.js'
import type { Static } from '../schema/schema.js'
import { integer, list, named, object, oneOf, optional, text } from '../schema/schema.js'

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

/** The reasons of refusals that are error codes of HTTP under the same name. The others have another code. */
export type AnsweredReason = Exclude<RefusalReason, 'declined' | 'expired' | 'stale'>

/**
 * A code in the `error` field of a response.
 * @useDeclaredType
 */
export type ErrorCode = keyof HttpErrors | AnsweredReason

/** The closed list of error codes, each with its status. A new reason does not compile until it has one. */
export const errorStatus = Object.freeze({
  invalid_input: 400,
  invalid_json: 400,
  unauthenticated: 401,
  invalid_credentials: 401,
  invalid_token: 401,
  second_factor_required: 401,
  origin_not_allowed: 403,
  reauthentication_required: 403,
  level_required: 403,
  email_code_required: 403,
  password_sign_in_required: 403,
  refused_by_application: 403,
  account_disabled: 403,
  not_found: 404,
  not_enabled: 404,
  method_not_allowed: 405,
  email_taken: 409,
  last_method: 409,
  factor_required: 409,
  already_exists: 409,
  conflict: 409,
  too_many: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  fields_rejected: 422,
  invalid_code: 422,
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

/**
 * An error with the data of its code. `text` names a more exact sentence of the texts than the code's own; `message` is one
 * for developers, in English; `field` replaces the code's own.
 */
export type ApiError = {
  [Code in ErrorCode]: {
    readonly error: Code
    readonly text?: keyof ErrorTexts
    readonly message?: string
    readonly field?: string
    /** The token of the pending sign-in, where the body holds it: see `Transport`. */
    readonly pendingToken?: PendingToken
  } & DetailsOf<Code>
}[ErrorCode]

/** Responds with `{error, message, field?, reason?}` and the status of the code; the message is in the language of `texts`. */
export function errorResponse(error: ApiError, texts: Texts = englishTexts): Response {
  const { headers, ...body } = bodyOf(error, texts)
  return Response.json(
    { error: error.error, ...body },
    { status: errorStatus[error.error], headers: headers ?? {} },
  )
}

/** The headers that the response of an error has, as JSON or as a page. */
export const errorHeaders = (error: ApiError): Readonly<Record<string, string>> =>
  bodyOf(error, englishTexts).headers ?? {}

/** The sentence of an error for the person who sees it. */
export const messageOf = (error: ApiError, texts: Texts): string => bodyOf(error, texts).message

/** The body of an error, as the OpenAPI document describes it. */
export const errorSchema = named(
  'Error',
  object({
    error: oneOf<string>(Object.keys(errorStatus)),
    message: text,
    field: optional(text),
    reason: optional(text),
    /** Of `second_factor_required`: the pending sign-in, and what may be proved or must be set up. */
    pendingId: optional(text),
    /** The token of it, for a client that asked for it by `transport: 'body'`. */
    pending: optional(text),
    factors: optional(list(text)),
    enroll: optional(list(text)),
    expiresAt: optional(text),
    /** Of `level_required`: what may be proved to reach this level. */
    level: optional(integer),
    methods: optional(list(text)),
    /** Of `invalid_code`: the tries that are left with this pending sign-in. */
    triesLeft: optional(integer),
  }),
)

type ErrorBody = Omit<Static<typeof errorSchema>, 'error'> & {
  readonly headers?: Readonly<Record<string, string>>
}

function bodyOf(error: ApiError, texts: Texts): ErrorBody {
  const described = describe(error, texts)
  const exact = error.text === undefined ? described.message : texts.errors[error.text]
  const { message = exact, field = described.field } = error
  return { ...described, message, ...(field === undefined ? {} : { field }) }
}

/** RFC 9110 section 15.5.2 requires it of every 401. Browsers show no prompt for this scheme. */
const challenge = { 'www-authenticate': 'Bearer' }

/** Which text says how a pending sign-in is completed. */
export function completionText({ mustEnroll, factors }: PendingSignInFactors) {
  if (mustEnroll) return 'enrollment_required'
  if (factors.includes('password')) return 'password_required'
  if (factors.includes('totp')) return 'second_factor_required'
  // The passkey of a user who has nothing else can be the first factor or the second one, not both.
  return factors.includes('passkey') ? 'passkey_required' : 'other_method_required'
}

/** Which text says how the level is reached. */
function levelText({ methods, enroll }: LevelProofs) {
  if (enroll.length > 0) return 'level_enroll'
  if (methods.includes('totp')) return 'level_required'
  return methods.includes('password') ? 'level_password' : 'level_passkey'
}

/** A new error does not compile until it has a message. */
function describe(error: ApiError, texts: Texts): ErrorBody {
  switch (error.error) {
    case 'invalid_input':
      return { message: error.message, field: error.field }
    case 'invalid_json':
    case 'not_enabled':
      return { message: error.message }
    case 'fields_rejected':
      return { ...error.problem }
    case 'password_rejected': {
      const { reason } = error.problem
      return { message: texts.passwords[reason], reason, field: 'password' }
    }
    case 'refused_by_application':
      return { message: error.message, reason: error.code }
    case 'passkey_rejected':
      return { message: texts.errors.passkey_rejected, reason: error.problem }
    case 'too_many_attempts': {
      const seconds = String(error.retryAfterSeconds)
      const message = fill(texts.errors.too_many_attempts, { seconds })
      return { message, headers: { 'retry-after': seconds } }
    }
    case 'method_not_allowed': {
      const { allow } = error
      return { message: fill(texts.errors.method_not_allowed, { allow }), headers: { allow } }
    }
    case 'busy':
      return { message: texts.errors.busy, headers: { 'retry-after': '1' } }
    case 'invalid_credentials': {
      const isUnknown = error.credential === 'unknown'
      const message = texts.errors.invalid_credentials
      const reason = isUnknown ? 'unknown_credential' : undefined
      return { message, reason, headers: challenge }
    }
    case 'unauthenticated':
    case 'invalid_token':
      return { message: texts.errors[error.error], headers: challenge }
    case 'second_factor_required': {
      const { id: pendingId, factors, enroll, mustEnroll, expiresAt } = error.pending
      const message = texts.errors[completionText(error.pending)]
      return {
        message,
        pendingId,
        pending: error.pendingToken?.reveal(),
        factors,
        enroll: mustEnroll ? enroll : undefined,
        expiresAt: expiresAt.toISOString(),
        headers: challenge,
      }
    }
    case 'level_required': {
      const { methods, enroll } = error
      const message = texts.errors[levelText(error)]
      return { message, level: 2, methods, enroll: enroll.length > 0 ? enroll : undefined }
    }
    case 'invalid_code':
      return { message: texts.errors.invalid_code, triesLeft: error.triesLeft ?? undefined }
    case 'email_taken':
      return { message: texts.errors.email_taken, field: 'email' }
    default:
      return { message: texts.errors[error.error] }
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
