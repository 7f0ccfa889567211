import type { Pages } from '../pages/site-pages.js'
import type { ApiError } from '../response/errors.js'
import type { RefusalWords, RefusedOutcome } from '../response/outcome-error.js'
import { outcomeError } from '../response/outcome-error.js'

/** What a successful response has besides status and body. */
interface Extras {
  readonly setCookies?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** Where a browser that posted a form goes, if not to the page that the route names. */
  readonly next?: keyof Pages
}

/** A success. The renderer makes a JSON response, a page or a redirect of it, as the route declares. */
export interface Success<Status extends number = number, Body = unknown> extends Extras {
  readonly ok: true
  readonly status: Status
  readonly body: Body
}

/** A failure. The renderer makes a JSON response or a page of it. */
export interface Failure {
  readonly ok: false
  readonly error: ApiError
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

export const failure = (error: ApiError): Failure => ({ ok: false, error })

/** The failure that a service's refusal becomes. */
export const refused = (outcome: RefusedOutcome, words?: RefusalWords): Failure =>
  failure(outcomeError(outcome, words))
