import type { Json, ValidSession } from 'torii-core'
import type { RequestInfo } from '../base/request-info.js'
import { readRequestInfo } from '../base/request-info.js'
import type { Torii } from '../torii.js'
import { answerForm } from './pages/form.js'
import { bodyKind, readFields } from './request/body.js'
import { cookieName } from './request/cookie.js'
import { isOwnOrigin } from './request/origin.js'
import type { HeaderSource } from './request/request-token.js'
import { readCredentials } from './request/request-token.js'
import { errorResponse, errorStatus, thrownError } from './response/errors.js'
import type { Call, Feature, Route } from './routes/route.js'
import { matchRoute } from './routes/routes.js'
import type { HandlerOptions, SiteOptions } from './site-options.js'
import { resolveSiteOptions } from './site-options.js'

/** What the server knows of a request besides the request itself. */
export interface ConnectionInfo {
  /** The client's network address; null or absent when unknown. Headers are never asked for it. */
  ip?: string | null
}

/** What is read of a request of the application's own: a fetch Request, or one of node:http or Express. */
export interface SessionCarrier {
  /** Absent counts as a method that changes something, which is held to the Origin rule. */
  readonly method?: string | undefined
  readonly headers: HeaderSource
}

/** Who a request comes from, or the answer to give it. */
export type SessionRequirement<Metadata extends object = Record<string, Json>> =
  | ({ readonly ok: true } & ValidSession<Metadata>)
  | { readonly ok: false; readonly response: Response }

/** Torii's routes, and the session of any other request. */
export interface AuthHandler<Metadata extends object = Record<string, Json>> {
  /**
   * Answers a request to a path under `/auth`; 404 for every other path. Never throws and never
   * rejects: what went wrong is an answer of the closed list, and an event in the log.
   */
  (request: Request, connection?: ConnectionInfo): Promise<Response>
  /**
   * The session of a request to the application's own routes, by bearer token or cookie; null when it
   * is not signed in. A cookie counts only if the Origin rule lets the request act, so a foreign page
   * cannot use it on your routes either.
   * @throws ToriiError when the database cannot be asked
   */
  getSession(request: SessionCarrier): Promise<ValidSession<Metadata> | null>
  /**
   * The same for a route that is for signed-in people only: `response` is the 401, or the 503 when the
   * database cannot be asked. With `recent` also the 403 for a proof of identity that is too old.
   */
  requireSession(
    request: SessionCarrier,
    options?: { recent?: boolean },
  ): Promise<SessionRequirement<Metadata>>
}

/**
 * Serves Torii's routes under `/auth` of the base URL, in any server that speaks fetch; for node:http,
 * Express and Fastify wrap it in `createNodeHandler`.
 * @throws InvalidOptionsError
 */
export function createHandler<Metadata extends object>(
  torii: Torii<Metadata>,
  options: HandlerOptions = {},
): AuthHandler<Metadata> {
  const { baseUrl } = torii.options
  const site = resolveSiteOptions(options)
  const answer = async (request: Request, connection?: ConnectionInfo): Promise<Response> => {
    const response = await respond(torii, site, request, connection)
    response.headers.set('cache-control', 'no-store')
    response.headers.set('x-content-type-options', 'nosniff')
    return request.method === 'HEAD' ? withoutBody(response) : response
  }
  const getSession = async ({ method, headers }: SessionCarrier) => {
    const { token, cookie } = readCredentials(headers, cookieName(baseUrl))
    const operations = token !== cookie || isOwnOrigin(method, headers, baseUrl)
    return token === null || !operations ? null : torii.sessions.validate(token)
  }
  const requireSession = async (
    request: SessionCarrier,
    { recent = false }: { recent?: boolean } = {},
  ): Promise<SessionRequirement<Metadata>> => {
    try {
      const valid = await getSession(request)
      if (valid === null)
        return { ok: false, response: errorResponse({ error: 'unauthenticated' }) }
      if (recent && !valid.recent)
        return { ok: false, response: errorResponse({ error: 'reauthentication_required' }) }
      return { ok: true, ...valid }
    } catch (error) {
      return { ok: false, response: errorResponse(thrownError(error, [])) }
    }
  }
  return Object.assign(answer, { getSession, requireSession })
}

async function respond(
  torii: Torii<object>,
  site: SiteOptions,
  request: Request,
  connection?: ConnectionInfo,
): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  const match = matchRoute(request.method, pathname)
  if (!match.ok) return errorResponse(match.error)
  const { route, param } = match
  if (!hasFeature(torii, route.feature)) return errorResponse({ error: 'not_found' })
  const { baseUrl } = torii.options
  const { headers } = request
  if (!isOwnOrigin(request.method, headers, baseUrl))
    return errorResponse({ error: 'origin_not_allowed' })
  const credentials = readCredentials(headers, cookieName(baseUrl))
  try {
    const info = requestInfo(request, connection)
    const call = { torii, site, info, credentials, headers, query: searchParams, param }
    return await callRoute(route, call, request)
  } catch (error) {
    return failure(torii, route, error)
  }
}

function hasFeature(torii: Torii<object>, feature: Feature | undefined): boolean {
  switch (feature) {
    case undefined:
      return true
    case 'mail':
      return torii.options.mailer !== null
    case 'passkey':
      return !torii.options.keys.isEmpty
    case 'jwt':
      return torii.options.jwt !== null
    default:
      return feature satisfies never
  }
}

async function callRoute(route: Route, call: Call, request: Request): Promise<Response> {
  if (route.body === null) return callHandle(route, call, null)
  if (route.form !== undefined && bodyKind(request.headers.get('content-type')) === 'form')
    return answerForm(route, call, request, callHandle)
  const fields = await readFields(request, route.body)
  return fields.ok ? callHandle(route, call, fields.value) : errorResponse(fields.error)
}

/** Runs the route for whoever may. */
async function callHandle(
  route: Route,
  call: Call,
  values: Parameters<Route['handle']>[1],
): Promise<Response> {
  if (route.access === 'anyone') return route.handle(call, values)
  const { token } = call.credentials
  const valid = token === null ? null : await call.torii.sessions.validate(token)
  return valid === null
    ? errorResponse({ error: 'unauthenticated' })
    : route.handle({ ...call, valid }, values)
}

const requestInfo = (request: Request, connection?: ConnectionInfo): RequestInfo =>
  readRequestInfo({ ip: connection?.ip ?? null, userAgent: request.headers.get('user-agent') })

/** What was thrown goes to the log when it is the server's fault, never into the answer. */
function failure({ options }: Torii<object>, route: Route, thrown: unknown): Response {
  const refusal = thrownError(thrown, Object.keys(route.body ?? {}))
  const status = errorStatus[refusal.error]
  if (status >= 500)
    options.log({
      level: 'error',
      event: 'request_failed',
      route: `${route.method} ${route.path}`,
      status,
      error: thrown,
    })
  return errorResponse(refusal)
}

const withoutBody = ({ status, headers }: Response): Response =>
  new Response(null, { status, headers })
