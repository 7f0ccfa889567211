import type { ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { LinkPurpose } from '../../services/links/link-token.js'
import type { Torii } from '../../torii.js'
import type { Language } from '../pages/languages.js'
import type { Page } from '../pages/page.js'
import type { ShowPage } from '../pages/page-response.js'
import type { Pages } from '../pages/site-pages.js'
import type { HeaderSource, RequestTokens } from '../request/request-token.js'
import type { SignInTransport } from '../request/transport.js'
import type { ErrorCode } from '../response/errors.js'
import type { Schema, Static } from '../schema/schema.js'
import type { Feature } from './features.js'
import type { Failure, Success } from './results.js'

/** The data of a request that a route receives, besides the fields of its body. */
export interface Call extends SignInTransport {
  readonly torii: Torii<object>
  readonly pages: Pages
  /** The language of the response, by Accept-Language. */
  readonly language: Language
  readonly showPage: ShowPage
  readonly info: RequestInfo
  readonly tokens: RequestTokens
  /** For the cookies of single flows. Everything else is already parsed. */
  readonly headers: HeaderSource
  readonly query: URLSearchParams
  /** The nonce of the browser that posts the form of a landing page; null for every other request. */
  readonly nonce: string | null
  /** The path segment in the place of `:id` or `:provider`, as it was sent; '' without one. */
  readonly param: string
}

/** A call of a signed-in user. */
export interface SignedInCall extends Call {
  readonly valid: ValidSession<object>
}

/** The content of a response: JSON of this schema, an HTML page, a redirect, or nothing. */
export type ResponseContent = Schema<unknown> | 'page' | 'redirect' | null

/** The contents of a route's successful responses, by status. */
export type Responses = Readonly<Record<number, ResponseContent>>

/** The value that a route returns for a content; a redirect's is its location. */
type ValueOf<Content> = Content extends 'page'
  ? Page
  : Content extends 'redirect'
    ? string
    : Content extends null
      ? null
      : Static<Content>

/** What `handle` returns: a success that the route declares, or a failure. */
export type ResultOf<R extends Responses> =
  | { [Status in keyof R & number]: Success<Status, ValueOf<R[Status]>> }[keyof R & number]
  | Failure

/** The static description of a route, by which it is found and documented. */
interface RouteFacts<Body extends Schema<unknown> | null, R extends Responses> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Relative to the base path. `:id` or `:provider` stands for one segment. */
  readonly path: string
  readonly summary: string
  readonly body: Body
  /** The names in the query that the route reads. */
  readonly query?: readonly string[]
  readonly responses: R
  /** The errors of this route alone. The OpenAPI document adds those that every route can have. */
  readonly errors: readonly ErrorCode[]
  readonly feature?: Feature
  /** Set where browsers navigate to: they see an error as a page, and a prefetch is refused. */
  readonly navigation?: true
  /** Set where a provider's page posts its response as a form: the Origin rule does not apply, and cookies are not read. */
  readonly postedByProvider?: true
  /** Set where a form of one of Torii's pages posts to this route, with what follows a success. */
  readonly form?: {
    readonly purpose: LinkPurpose | 'second_factor'
  } & (
    | { readonly next: keyof Pages }
    /** A page of Torii that shows the result. */
    | { show(call: Call, body: unknown, result: Success): Page }
  )
}

type BodyOf<Body extends Schema<unknown> | null> = Body extends null ? null : Static<Body>

interface OpenRoute<Body extends Schema<unknown> | null, R extends Responses>
  extends RouteFacts<Body, R> {
  readonly access: 'anyone'
  handle(call: Call, body: BodyOf<Body>): Promise<ResultOf<R>>
}

interface SessionRoute<Body extends Schema<unknown> | null, R extends Responses>
  extends RouteFacts<Body, R> {
  readonly access: 'signed in'
  handle(call: SignedInCall, body: BodyOf<Body>): Promise<ResultOf<R>>
  /**
   * Set where a user who must enroll a second factor may call the route before they are signed in: `pendingId` in the body names
   * the pending sign-in, whose token this receives.
   */
  handleEnrolling?(call: Call, token: string, body: BodyOf<Body>): Promise<ResultOf<R>>
}

/** A row of the route table. */
export type Route = RouteFacts<Schema<unknown> | null, Responses> &
  (
    | { readonly access: 'anyone'; handle(call: Call, body: unknown): Promise<Success | Failure> }
    | {
        readonly access: 'signed in'
        handle(call: SignedInCall, body: unknown): Promise<Success | Failure>
        handleEnrolling?(call: Call, token: string, body: unknown): Promise<Success | Failure>
      }
  )

/** Whether scripts call a route. Browsers navigate to the others, so no script of another origin has to read those. */
export const isForScripts = ({ responses, navigation, postedByProvider }: Route): boolean =>
  navigation !== true &&
  postedByProvider !== true &&
  !Object.values(responses).some((content) => content === 'page' || content === 'redirect')

/** Declares a route: `handle` receives the fields of its `body` and must return one of its `responses`. */
export function defineRoute<const Body extends Schema<unknown> | null, const R extends Responses>(
  route: OpenRoute<Body, R> | SessionRoute<Body, R>,
): Route {
  // The handler reads the body by this route's own schema, so it is what `handle` takes.
  return route as Route
}
