import type { ValidSession } from 'torii-core'
import type { RequestInfo } from '../request-info.js'
import type { Torii } from '../torii.js'
import type { FieldRules, Fields } from './body.js'
import type { Credentials } from './credentials.js'
import type { ErrorCode } from './errors.js'

/** What a route is given of a request, besides the fields of its body. */
export interface Call {
  readonly torii: Torii<object>
  readonly info: RequestInfo
  readonly credentials: Credentials
  /** The last segment of the path where the route ends in `:id`, else ''. */
  readonly id: string
}

/** A call of somebody who is signed in. */
export interface SignedInCall extends Call {
  readonly valid: ValidSession<object>
}

/** A named body of an answer; null for none. */
export type AnswerShape = 'user and session' | 'sessions' | 'revoked' | null

/** What is known of a route without running it: enough to route by, and to describe it. */
interface RouteFacts<Rules extends FieldRules | null> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the base path; `:id` at the end stands for one segment. */
  readonly path: string
  readonly summary: string
  readonly body: Rules
  readonly answer: { readonly status: 200 | 201 | 204; readonly shape: AnswerShape }
  /** The refusals of its own; those of every route of its kind come on top. */
  readonly errors: readonly ErrorCode[]
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
