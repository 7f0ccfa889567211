import type { Pages } from '../pages/site-pages.js'
import type { ApiError } from '../response/errors.js'
import type { RefusalWords, RefusedOutcome } from '../response/outcome-error.js'
import { outcomeError } from '../response/outcome-error.js'

/** The optional parts of a successful response. */
interface Extras {
  readonly setCookies?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** The page to redirect to after a form post, instead of the page in the route's `form`. */
  readonly next?: keyof Pages
}

/** A success. It is rendered as JSON, as a page or as a redirect, as the route declares. */
export interface Success<Status extends number = number, Body = unknown> extends Extras {
  readonly ok: true
  readonly status: Status
  readonly body: Body
}

/** A failure. It is rendered as JSON or as a page. */
export interface Failure {
  readonly ok: false
  readonly error: ApiError
  readonly setCookies?: readonly string[]
}

export const success = <const Status extends number, const Body>(
  status: Status,
  body: Body,
  extras: Extras = {},
): Success<Status, Body> => ({ ok: true, status, body, ...extras })

export const noContent = (extras: Extras = {}): Success<204, null> => success(204, null, extras)

/** The request was accepted; the same for every email address. */
export const accepted = () => success(202, { status: 'accepted' })

/** Redirects the browser to a path of this site, or to the URL of a configured provider. */
export const seeOther = (location: string, extras: Extras = {}): Success<303, string> =>
  success(303, location, extras)

export const failure = (error: ApiError, setCookies: readonly string[] = []): Failure => ({
  ok: false,
  error,
  setCookies,
})

/** Converts a service's refusal to a failure. */
export const refused = (outcome: RefusedOutcome, words?: RefusalWords): Failure =>
  failure(outcomeError(outcome, words))
