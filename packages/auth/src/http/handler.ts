import type { Json, ValidSession } from 'torii-core'
import type { RequestInfo } from '../request-info.js'
import { readRequestInfo } from '../request-info.js'
import type { Torii } from '../torii.js'
import { readFields } from './body.js'
import { cookieName } from './cookie.js'
import type { HeaderSource } from './credentials.js'
import { readCredentials } from './credentials.js'
import { errorStatus, refusalOf, refuse } from './errors.js'
import { isOwnOrigin } from './origin.js'
import type { Call, Route } from './route.js'
import { matchRoute } from './routes.js'

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
}

/**
 * Serves Torii's routes under `/auth` of the base URL, in any server that speaks fetch; for node:http,
 * Express and Fastify wrap it in `createNodeHandler`.
 */
export function createHandler<Metadata extends object>(
  torii: Torii<Metadata>,
): AuthHandler<Metadata> {
  const site = torii.options.baseUrl
  const answer = async (request: Request, connection?: ConnectionInfo): Promise<Response> => {
    const { pathname } = new URL(request.url)
    const response = await respond(torii, request, pathname, connection)
    response.headers.set('cache-control', 'no-store')
    response.headers.set('x-content-type-options', 'nosniff')
    return request.method === 'HEAD' ? withoutBody(response) : response
  }
  const getSession = async ({ method, headers }: SessionCarrier) => {
    const { token, cookie } = readCredentials(headers, cookieName(site))
    const acts = token !== cookie || isOwnOrigin(method, headers, site)
    return token === null || !acts ? null : torii.sessions.validate(token)
  }
  return Object.assign(answer, { getSession })
}

async function respond(
  torii: Torii<object>,
  request: Request,
  pathname: string,
  connection?: ConnectionInfo,
): Promise<Response> {
  const match = matchRoute(request.method, pathname)
  if (!match.ok) return refuse(match.refusal)
  const { route, id } = match
  const { baseUrl } = torii.options
  if (!isOwnOrigin(request.method, request.headers, baseUrl))
    return refuse({ error: 'origin_not_allowed' })
  const credentials = readCredentials(request.headers, cookieName(baseUrl))
  try {
    const info = requestInfo(request, connection)
    return await callRoute(route, { torii, info, credentials, id }, request)
  } catch (error) {
    return failure(torii, route, error)
  }
}

async function callRoute(route: Route, call: Call, request: Request): Promise<Response> {
  const fields = route.body === null ? null : await readFields(request, route.body)
  if (fields !== null && !fields.ok) return refuse(fields.refusal)
  const values = fields === null ? null : fields.value
  if (route.access === 'anyone') return route.handle(call, values)
  const { token } = call.credentials
  const valid = token === null ? null : await call.torii.sessions.validate(token)
  return valid === null
    ? refuse({ error: 'unauthenticated' })
    : route.handle({ ...call, valid }, values)
}

const requestInfo = (request: Request, connection?: ConnectionInfo): RequestInfo =>
  readRequestInfo({ ip: connection?.ip ?? null, userAgent: request.headers.get('user-agent') })

/** What was thrown goes to the log when it is the server's fault, never into the answer. */
function failure({ options }: Torii<object>, route: Route, thrown: unknown): Response {
  const refusal = refusalOf(thrown, Object.keys(route.body ?? {}))
  const status = errorStatus[refusal.error]
  if (status >= 500)
    options.log({
      level: 'error',
      event: 'request_failed',
      route: `${route.method} ${route.path}`,
      status,
      error: thrown,
    })
  return refuse(refusal)
}

const withoutBody = ({ status, headers }: Response): Response =>
  new Response(null, { status, headers })
