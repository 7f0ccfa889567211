import type { Torii, ValidSession } from 'torii-auth'
import type { Html } from './html.js'

/** The values of the site that its pages use. */
export interface Site {
  readonly torii: Torii
  /** The location of the database, as a text to show. */
  readonly database: string
  readonly schema: string
}

/** A request for a page. */
export interface PageCall {
  readonly site: Site
  readonly path: string
  readonly query: URLSearchParams
  /** Whether the caller may read the development mailbox. */
  readonly mailbox: boolean
  readonly now: Date
  readonly valid: ValidSession | null
}

/** A request of a signed-in user. */
export interface SignedInCall extends PageCall {
  readonly valid: ValidSession
}

/** The content of a page, inside the frame that all pages have. */
export interface View {
  /** Default: 200. */
  readonly status?: number
  readonly title: string
  readonly content: Html
}

export interface Redirect {
  readonly location: string
}

type Answer = View | Redirect

/** A page of the site. */
export interface Page {
  readonly path: string
  answer(call: PageCall): Promise<Answer>
}

export const accountPath = '/account'
export const signInPath = '/sign-in'

/** A page for everyone. */
export const page = (path: string, show: (call: PageCall) => Answer | Promise<Answer>): Page => ({
  path,
  answer: async (call) => show(call),
})

/** A page on the way to sign-in. A signed-in user is redirected to the account. */
export const signedOutPage = (path: string, show: (call: PageCall) => Answer): Page =>
  page(path, (call) => (call.valid === null ? show(call) : { location: accountPath }))

/** A page of the account. Without a session it redirects to sign-in, which leads back to it. */
export const signedInPage = (
  path: string,
  show: (call: SignedInCall) => Answer | Promise<Answer>,
): Page =>
  page(path, (call) =>
    call.valid === null
      ? { location: `${signInPath}?to=${encodeURIComponent(path)}` }
      : show({ ...call, valid: call.valid }),
  )
