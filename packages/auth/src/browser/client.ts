import type { SecondFactor } from 'torii-core'
import type { ErrorCode } from '../http/response/errors.js'
import type { PasswordProblem } from '../password-policy/policy.js'
import type { PasskeyProblem } from '../webauthn/verification.js'

/**
 * The code of a failure: one of docs/errors.md, or one of the browser's own. `network`: Torii did not respond. `cancelled`:
 * the user or the browser canceled a passkey prompt. `misconfigured`: passkeys cannot work on this page; `message` tells the
 * developer what to change. `unsupported`: the browser has no passkeys.
 */
export type FailureCode = ErrorCode | 'network' | 'cancelled' | 'misconfigured' | 'unsupported'

/** The data of a failure by its code. */
export interface FailureDetails {
  /** Set if the server has no passkey of the used credential id. */
  readonly invalid_credentials: { readonly reason?: 'unknown_credential' }
  /** The rule that a new password breaks. */
  readonly password_rejected: { readonly reason: PasswordProblem['reason'] }
  /** The code of the application's hook that refused. */
  readonly refused_by_application: { readonly reason: string }
  /** The verification step that a passkey failed. */
  readonly passkey_rejected: { readonly reason: PasskeyProblem }
  /** The sign-in that waits for a second factor, and what may be proved. */
  readonly second_factor_required: {
    readonly reason?: undefined
    readonly pendingId: string
    readonly factors: readonly SecondFactor[]
    readonly expiresAt: string
  }
  /** The tries that are left; absent where no sign-in waits. */
  readonly invalid_code: { readonly reason?: undefined; readonly triesLeft?: number }
  /** What may be proved to reach the level. */
  readonly level_required: {
    readonly reason?: undefined
    readonly level: number
    readonly methods: readonly string[]
    /** What the user can set up first, where they have no second factor. */
    readonly enroll?: readonly string[]
  }
}

/** Why a request failed. `switch (failure.error)` narrows it; `message` is a sentence to show to the user. */
export type Failure = {
  readonly [Code in FailureCode]: {
    readonly ok: false
    readonly error: Code
    readonly message: string
    /** The field with the invalid value. */
    readonly field?: string
    /** Seconds to wait before trying again. */
    readonly retryAfterSeconds?: number
  } & (Code extends keyof FailureDetails ? FailureDetails[Code] : { readonly reason?: undefined })
}[FailureCode]

/** A success, with the members of the response. */
export type Success<Value extends object> = { readonly ok: true } & Value

/** A success or a failure. `if (outcome.ok)` narrows it. No function of this package throws. */
export type Outcome<Value extends object> = Success<Value> | Failure

/** How to reach Torii. */
export interface ClientOptions {
  /**
   * The option `baseUrl` of the server, without a slash at the end, if Torii is on another origin than the page. The server
   * names the page's origin in `trustedOrigins` (default: the page's own origin).
   */
  readonly baseUrl?: string
  /** The option `basePath` of the server (default: `/auth`). */
  readonly basePath?: string
  /**
   * Returns the session token of a page on another site, where browsers keep no cookies; null if no user is signed in. It is
   * called before each request, which then has no cookies (default: none, the session is in a cookie).
   */
  readonly token?: () => string | null | Promise<string | null>
  /** Replaces the browser's `fetch`, in tests and on servers. */
  readonly fetch?: typeof fetch
}

/** Sends requests to Torii. Every function of this package takes one. */
export interface Client {
  send<Value extends object>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<Outcome<Value>>
}

/** The server's default. A test compares the two. */
export const defaultBasePath = '/auth'

/** Creates a client. The session is in a cookie that no script can read, unless there is a `token`. */
export function createClient({
  baseUrl = '',
  basePath = defaultBasePath,
  token,
  fetch: given,
}: ClientOptions = {}): Client {
  const request = given ?? ((input: string, init: RequestInit) => fetch(input, init))
  return {
    async send<Value extends object>(method: string, path: string, body?: object) {
      try {
        const bearer = await token?.()
        const response = await request(`${baseUrl}${basePath}/${path}`, {
          method,
          // A page of the same origin sends its cookies in either way.
          credentials: token === undefined ? 'include' : 'omit',
          headers: {
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(bearer == null ? {} : { authorization: `Bearer ${bearer}` }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        return await read<Value>(response)
      } catch {
        return noResponse
      }
    },
  }
}

const noResponse: Failure = Object.freeze({
  ok: false,
  error: 'network',
  message: 'The server could not be reached. Check the connection and try again.',
})

async function read<Value extends object>(response: Response): Promise<Outcome<Value>> {
  const text = await response.text()
  // A response that is not JSON does not come from Torii: JSON.parse throws, and the result is `network`.
  const json: unknown = text === '' ? {} : JSON.parse(text)
  if (typeof json !== 'object' || json === null) return noResponse
  // The server's tests check that its responses match the schemas that these types come from.
  if (response.ok) return { ok: true, ...json } as Success<Value>
  const wait = Number(response.headers.get('retry-after'))
  // The server's tests check that its errors are those of `ErrorCode`. Anything else in between is no response of Torii.
  return {
    error: 'network',
    message: noResponse.message,
    ...json,
    ok: false,
    ...(wait > 0 ? { retryAfterSeconds: wait } : {}),
  } as Failure
}
