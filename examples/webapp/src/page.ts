import type { Torii } from 'torii-auth'
import type { ValidSession } from 'torii-core'
import type { Html } from './html.js'

/** What pages know of the site they belong to. */
export interface Site {
  readonly torii: Torii
  /** Where the data is, for people. */
  readonly database: string
  readonly schema: string
}

/** A request for a page. */
export interface PageCall {
  readonly site: Site
  readonly path: string
  readonly query: URLSearchParams
  /** Whether the development mailbox answers whoever asks. */
  readonly mailbox: boolean
  readonly now: Date
  readonly valid: ValidSession | null
}

/** The same, signed in. */
export interface SignedInCall extends PageCall {
  readonly valid: ValidSession
}

/** What a page shows, inside the frame that all have. */
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

/** A page of the site: its path, and what it answers. */
export interface Page {
  readonly path: string
  answer(call: PageCall): Promise<Answer>
}

export const accountPath = '/account'
export const signInPath = '/sign-in'

/** A page for everybody. */
export const page = (path: string, show: (call: PageCall) => Answer | Promise<Answer>): Page => ({
  path,
  answer: async (call) => show(call),
})

/** A page that leads to signing in; who has done so goes on to the account. */
export const signedOutPage = (path: string, show: (call: PageCall) => Answer): Page =>
  page(path, (call) => (call.valid === null ? show(call) : { location: accountPath }))

/** A page of an account; who is not signed in does so first, and then comes back. */
export const signedInPage = (
  path: string,
  show: (call: SignedInCall) => Answer | Promise<Answer>,
): Page =>
  page(path, (call) =>
    call.valid === null
      ? { location: `${signInPath}?to=${encodeURIComponent(path)}` }
      : show({ ...call, valid: call.valid }),
  )
