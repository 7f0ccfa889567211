import type { ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { Torii } from '../../torii.js'
import type { FieldRules, Fields } from '../request/body.js'
import type { Credentials, HeaderSource } from '../request/request-token.js'
import type { AnswerShape } from '../response/answer-shapes.js'
import type { ErrorCode } from '../response/errors.js'
import type { SiteOptions } from '../site-options.js'

/** What a route is given of a request, besides the fields of its body. */
export interface Call {
  readonly torii: Torii<object>
  readonly site: SiteOptions
  readonly info: RequestInfo
  readonly credentials: Credentials
  /** For cookies of single flows; everything else is read already. */
  readonly headers: HeaderSource
  readonly query: URLSearchParams
  /** The segment of the path where the route has `:id` or `:provider`, as it was sent; else ''. */
  readonly param: string
}

/** A call of somebody who is signed in. */
export interface SignedInCall extends Call {
  readonly valid: ValidSession<object>
}

/** A part of Torii that an application may have or not; without it its routes answer 404. */
export type Feature = 'mail' | 'passkey' | 'jwt'

/** What a success looks like. */
export interface RouteAnswer {
  readonly status: 200 | 201 | 202 | 204 | 303
  readonly shape: AnswerShape
}

/** What is known of a route without running it: enough to route by, and to describe it. */
interface RouteFacts<Rules extends FieldRules | null> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below the base path; `:id` or `:provider` stands for one segment. */
  readonly path: string
  readonly summary: string
  readonly body: Rules
  /** The names in the query that are read. */
  readonly query?: readonly string[]
  readonly answer: RouteAnswer
  /** Another success, where the configuration or the request decides between two. */
  readonly alternative?: RouteAnswer
  /** The refusals of its own; those of every route of its kind come on top. */
  readonly errors: readonly ErrorCode[]
  readonly feature?: Feature
  /** Set where the button of a landing page may post a form, and where the browser goes afterwards. */
  readonly form?: keyof SiteOptions['pages']
}

type FieldsOf<Rules extends FieldRules | null> = Rules extends FieldRules ? Fields<Rules> : null

interface OpenRoute<Rules extends FieldRules | null> extends RouteFacts<Rules> {
  readonly access: 'anyone'
  handle(call: Call, fields: FieldsOf<Rules>): Promise<Response>
}

interface SessionRoute<Rules extends FieldRules | null> extends RouteFacts<Rules> {
  readonly access: 'signed in'
  handle(call: SignedInCall, fields: FieldsOf<Rules>): Promise<Response>
}

/** A row of the route table. */
export type Route = OpenRoute<FieldRules | null> | SessionRoute<FieldRules | null>

/** Writes a row so that `handle` gets the very fields its `body` names. */
export function defineRoute<const Rules extends FieldRules | null>(
  route: OpenRoute<Rules> | SessionRoute<Rules>,
): Route {
  // The router reads the fields by this row's own `body`, so they are what its `handle` takes.
  return route as Route
}
