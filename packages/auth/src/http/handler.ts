import { isDeepStrictEqual } from 'node:util'
import type { AuthRequestMessage, Json } from 'torii-core'
import { diagnosticsChannels, trace } from 'torii-core'
import { requireRequest, requireTorii } from '../base/wrong-place.js'
import type { Torii } from '../torii.js'
import { continuedTokens, continueSession } from './continued-session.js'
import type { OwnRoutes } from './own-routes.js'
import { createOwnRoutes } from './own-routes.js'
import { errorPage } from './pages/landing-page.js'
import type { Language } from './pages/languages.js'
import type { HandlerOptions } from './pages/site-pages.js'
import { resolveHandlerOptions } from './pages/site-pages.js'
import { bodyKind, readFormBody, readJsonBody, readLandingForm } from './request/body.js'
import { setCookie } from './request/cookie.js'
import { isNavigation, isPrefetch } from './request/navigation.js'
import { readRequestTokens } from './request/request-token.js'
import { byCookie, readTransport, textOf } from './request/transport.js'
import { errorHeaders, errorResponse, errorStatus, messageOf } from './response/errors.js'
import { isOwnForm, renderForeignForm, renderFormResult } from './routes/form-post.js'
import type { RenderError } from './routes/render.js'
import { renderersOf, renderResult } from './routes/render.js'
import type { Failure, Success } from './routes/results.js'
import { failure } from './routes/results.js'
import type { Call, Route } from './routes/route.js'
import { isForScripts } from './routes/route.js'
import type { Match } from './routes/router.js'
import { matchRoute } from './routes/routes.js'
import { pendingTokenOf, signInExpired } from './routes/sign-in-result.js'
import { formOf } from './schema/request-bodies.js'
import type { Schema } from './schema/schema.js'
import type { Site } from './site.js'
import { createSite, originError } from './site.js'
import { answerWellKnown, resolveWellKnown } from './well-known.js'

/** The connection data that a Request does not contain. */
export interface ConnectionInfo {
  /** The client's IP address; null or absent when unknown. It is never taken from headers. */
  ip?: string | null
}

/** Serves Torii's routes, and reads the session for the application's routes. */
export interface AuthHandler<Metadata extends object = Record<string, Json>>
  extends OwnRoutes<Metadata> {
  /**
   * Responds to a request below `basePath` or of `wellKnownPaths`, and with 404 to every other path. Never rejects for a request: a
   * failure is a response with an error code, and an event in the log.
   * @throws InvalidInputError for anything but a fetch Request
   */
  (request: Request, connection?: ConnectionInfo): Promise<Response>
  /** The option `basePath` of Torii, under which all routes are. */
  readonly basePath: string
  /**
   * The paths outside of `basePath` that this handler serves, such as `/.well-known/change-password`: those that its options
   * ask for. Serve them on the host of `passkey.rpId` and on that of `baseUrl`.
   */
  readonly wellKnownPaths: readonly string[]
}

/**
 * Serves Torii's routes in any server that speaks fetch. For node:http, Express and Fastify wrap the handler
 * in `createNodeHandler`.
 * @throws InvalidOptionsError
 */
export function createHandler<Metadata extends object>(
  torii: Torii<Metadata>,
  options: HandlerOptions = {},
): AuthHandler<Metadata> {
  requireTorii(torii)
  const { basePath } = torii.options
  const site = createSite(torii, resolveHandlerOptions(options, torii.options))
  const wellKnown = resolveWellKnown(options.wellKnown, torii.options)
  const answer = async (
    { match, query, pathname }: { match: Match; query: URLSearchParams; pathname: string },
    request: Request,
    connection?: ConnectionInfo,
  ): Promise<Response> => {
    const response =
      answerWellKnown(wellKnown, request, pathname) ??
      answerPreflight(site, request, pathname) ??
      (await respond(site, { match, query }, request, connection))
    response.headers.set('cache-control', 'no-store')
    response.headers.set('x-content-type-options', 'nosniff')
    if (match.ok && isForScripts(match.route)) site.cors.addTo(response, request.headers)
    return request.method === 'HEAD' ? withoutBody(response) : response
  }
  const handle = async (request: Request, connection?: ConnectionInfo): Promise<Response> => {
    requireRequest(request)
    const { pathname, searchParams: query } = new URL(request.url)
    const match = matchRoute(basePath, request.method, pathname)
    return trace(
      diagnosticsChannels.authRequest,
      () => requestMessage(basePath, request.method, match),
      () => answer({ match, query, pathname }, request, connection),
      withStatus,
    )
  }
  const wellKnownPaths = Object.freeze([...wellKnown.keys()])
  return Object.assign(handle, { basePath, wellKnownPaths, ...createOwnRoutes(torii, site) })
}

/**
 * Answers the question of a browser whether a page of another origin may send a request; null for any other request. It is no
 * request of a user: nothing is counted, and no statement is sent.
 */
function answerPreflight(site: Site, { method, headers }: Request, pathname: string) {
  const asked = headers.get('access-control-request-method')
  const origin = headers.get('origin')
  if (method !== 'OPTIONS' || asked === null || origin === null) return null
  const match = matchRoute(site.torii.options.basePath, asked, pathname)
  if (!match.ok) return errorResponse(match.error)
  if (!isForScripts(match.route)) return errorResponse({ error: 'origin_not_allowed' })
  const allowed = site.cors.preflight(asked, headers)
  if (allowed !== null) return allowed
  // For example of http://localhost, to 127.0.0.1: it is no foreign page, but no trusted one either.
  if (site.torii.options.baseUrl.origins.includes(origin)) return null
  site.logRefusedOrigin(headers)
  const refused = errorResponse(originError(site))
  site.cors.addTo(refused, headers)
  return refused
}

async function respond(
  site: Site,
  { match, query }: { match: Match; query: URLSearchParams },
  request: Request,
  connection?: ConnectionInfo,
): Promise<Response> {
  const { torii, pages, showPage } = site
  const { headers } = request
  const language = site.chooseLanguage(headers)
  if (!match.ok) return errorResponse(match.error, language.texts)
  const { route, param } = match
  const renderError = errorRenderer(site, route, headers, language)
  // Nothing was asked for yet, so nothing is counted or set; the browser asks again when the user opens the link.
  if (route.navigation === true && isPrefetch(headers))
    return renderError({ error: 'unavailable', message: 'This page cannot be prefetched.' })
  if (route.postedByProvider !== true && !site.isOwnOrigin(request.method, headers))
    return renderError(originError(site))
  const notEnabled = site.featureError(route.feature)
  if (notEnabled !== null) return renderError(notEnabled)
  const tokens =
    route.postedByProvider === true
      ? { token: null, cookie: null, cookies: [] }
      : readRequestTokens(headers, torii.options.cookie)
  try {
    const info = site.requestInfo(headers, connection?.ip ?? null)
    const facts = { info, tokens, headers, query, nonce: null, param, ...byCookie }
    const call = { torii, pages, language, showPage, ...facts }
    return await callRoute(site, route, call, request, renderError)
  } catch (error) {
    return renderError(site.failed(nameOf(route), error))
  }
}

/** Errors are JSON, except where a browser would show that JSON to its user. */
function errorRenderer(
  { torii, pages, showPage }: Site,
  route: Route,
  headers: Headers,
  language: Language,
): RenderError {
  const { texts } = language
  if (route.navigation !== true || !isNavigation(headers))
    return (error) => errorResponse(error, texts)
  return async (error) => {
    const { appName } = torii.options.mail
    const parts = { message: messageOf(error, texts), back: pages.signIn }
    const page = errorPage({ appName, language }, parts)
    const response = await showPage(errorStatus[error.error], page)
    for (const [name, value] of Object.entries(errorHeaders(error)))
      response.headers.set(name, value)
    return response
  }
}

/** The route for a log: its pattern, not the path of a request. */
const nameOf = ({ method, path }: Route): string => `${method} ${path}`

/** Reads the body, runs the route and renders its result: JSON for programs, a page for forms. */
async function callRoute(
  site: Site,
  route: Route,
  call: Call,
  request: Request,
  renderError: RenderError,
): Promise<Response> {
  const renderers = { showPage: call.showPage, renderError }
  if (route.body === null)
    return renderResult(route.responses, await run(route, call, null), renderers)
  if (route.postedByProvider === true) {
    const posted = await callPosted(site, route, route.body, call, request)
    return renderResult(route.responses, posted, renderers)
  }
  if (route.form !== undefined && bodyKind(request.headers.get('content-type')) === 'form')
    return callByForm(site, route, route.body, route.form, call, request)
  const body = await readJsonBody(request, route.body)
  if (!body.ok) return errorResponse(site.bodyError(nameOf(route), body.error), call.language.texts)
  const sent = readTransport(body.value, request.headers)
  if (!sent.ok) return errorResponse(sent.error, call.language.texts)
  const own = { ...call, ...sent.value }
  return renderResult(route.responses, await run(route, own, body.value), renderersOf(call))
}

/** Reads the form of a landing page, and runs the route if this site has shown that page to this browser. */
async function callByForm(
  site: Site,
  route: Route,
  schema: Schema<unknown>,
  { purpose }: NonNullable<Route['form']>,
  call: Call,
  request: Request,
): Promise<Response> {
  const form = await readLandingForm(request, formOf(schema))
  if (!form.ok) return errorResponse(site.bodyError(nameOf(route), form.error), call.language.texts)
  const { fields, nonce } = form.value
  const isUnnamed = isEnrolling(route) && textOf(fields, 'pendingId') === null
  if (!isOwnForm(call, nonce) || isUnnamed) return renderForeignForm(call, purpose)
  const own = { ...call, nonce }
  return renderFormResult(route, own, fields, await run(route, own, fields))
}

/** Reads the form that a provider's page posted, and runs the route. */
async function callPosted(
  site: Site,
  route: Route,
  schema: Schema<unknown>,
  call: Call,
  request: Request,
): Promise<Success | Failure> {
  if (bodyKind(request.headers.get('content-type')) !== 'form')
    return failure({ error: 'unsupported_media_type' })
  const body = await readFormBody(request, schema)
  return body.ok ? run(route, call, body.value) : failure(site.bodyError(nameOf(route), body.error))
}

/**
 * Runs the route, if its `access` allows the caller. If another call raised the account's epochs after the session was
 * validated, for example by revoking the other sessions, it validates the session again and runs the route once more.
 */
async function run(route: Route, call: Call, body: unknown): Promise<Success | Failure> {
  if (route.access === 'anyone') return route.handle(call, body)
  const pendingId = textOf(body, 'pendingId')
  if (route.handleEnrolling !== undefined && pendingId !== null) {
    const pending = pendingTokenOf(call, pendingId)
    return pending === null ? signInExpired : route.handleEnrolling(call, pending, body)
  }
  const { token } = call.tokens
  if (token === null) return runContinued(route, call, body)
  const validate = () => call.torii.sessions.validate(token)
  const valid = await validate()
  if (valid === null) return unauthenticated
  const result = await route.handle({ ...call, valid }, body)
  if (!mayBeStale(route, result)) return result
  const again = await validate()
  if (again === null) return unauthenticated
  const isUnchanged = isDeepStrictEqual(again.epochs, valid.epochs)
  if (isUnchanged && result.error.error !== 'conflict') return result
  const repeated = await route.handle({ ...call, valid: again }, body)
  if (repeated.ok || repeated.error.error !== 'not_found') return repeated
  const last = await validate()
  const isChanged = !isDeepStrictEqual(last?.epochs, again.epochs)
  return isChanged ? failure({ error: 'conflict' }) : repeated
}

/**
 * Runs the route in the session that goes on from one of another system. Where a second factor is due, the user is not signed in yet, and
 * the answer has the cookie of the pending sign-in.
 */
async function runContinued(route: Route, call: Call, body: unknown): Promise<Success | Failure> {
  const { torii, headers, info } = call
  const continued = await continueSession(torii, headers, info)
  if (continued === null) return unauthenticated
  const { outcome, cookies } = continued
  const result = outcome.ok
    ? await run(route, { ...call, tokens: continuedTokens(outcome) }, body)
    : unauthenticated
  const setCookies = cookies.map((cookie) => setCookie(torii.options.cookie, cookie))
  return { ...result, setCookies: [...setCookies, ...(result.setCookies ?? [])] }
}

/** Whether a page of a pending sign-in posts to the route, which signed-in users call without a form. */
const isEnrolling = (route: Route): boolean =>
  route.access === 'signed in' && route.handleEnrolling !== undefined

const unauthenticated = failure({ error: 'unauthenticated' })

/** Where a write found nothing to change, the acting session may have been the reason. */
const mayBeStale = (route: Route, result: Success | Failure): result is Failure =>
  !result.ok &&
  (result.error.error === 'conflict' ||
    (result.error.error === 'not_found' && route.method !== 'GET'))

/** The methods that HTTP defines. A client can send any word. */
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const requestMessage = (basePath: string, method: string, match: Match): AuthRequestMessage => ({
  method: knownMethods.includes(method) ? method : '_OTHER',
  route: match.ok ? `${basePath}/${match.route.path}` : null,
})

const withStatus = {
  result(message: AuthRequestMessage, { status }: Response) {
    message.status = status
  },
}

const withoutBody = ({ status, headers }: Response): Response =>
  new Response(null, { status, headers })
