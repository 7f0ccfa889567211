import type { Json, PendingToken, Session, SessionToken, User, ValidSession } from 'torii-core'
import { InvalidInputError, invalidValue } from 'torii-core'
import type { RequestInfo } from '../base/request-info.js'
import { proofsOfLevel2 } from '../services/sessions/valid-session.js'
import type { Torii } from '../torii.js'
import { continueSession } from './continued-session.js'
import type { ApplicationRequest, RequestInfoOptions } from './request/application-request.js'
import { carrierOf, ipOf } from './request/application-request.js'
import type { CookieToSet } from './request/cookie.js'
import { newSessionCookie, noSessionCookie, setCookie } from './request/cookie.js'
import { findDeviceCookie, newDeviceCookie } from './request/device-cookie.js'
import { findImportedCookie } from './request/imported-cookie.js'
import { isNavigation } from './request/navigation.js'
import { findPendingCookie, newPendingCookie, noPendingCookie } from './request/pending-cookie.js'
import { readHeader, readRequestTokens } from './request/request-token.js'
import { findTrustedCookie, newTrustedCookie } from './request/trusted-cookie.js'
import type { CookieTarget } from './response/cookie-target.js'
import { addCookies } from './response/cookie-target.js'
import type { ApiError } from './response/errors.js'
import { errorResponse } from './response/errors.js'
import { endFormerSessions } from './response/former-session.js'
import { serializeSignedIn } from './response/serializers.js'
import { secondFactorPagePath } from './routes/second-factor-page.js'
import type { SignedIn } from './schema/response-bodies.js'
import type { ProofOptions, SessionRequirementOptions } from './session-requirement.js'
import { checkProofOptions, checkSessionRequirement } from './session-requirement.js'
import type { Site } from './site.js'

/** The error that a session is answered with which does not prove enough. */
export type MissingProof = 'level_required' | 'reauthentication_required'

/** The session of a request, or the response to send instead. */
export type SessionRequirement<Metadata extends object = Record<string, Json>> =
  | ({ readonly ok: true } & ValidSession<Metadata>)
  | { readonly ok: false; readonly response: Response }

/** A session that a service has opened or rotated: the result of a sign-in, or of `sessions.reauthenticate`. */
export interface SessionToSet {
  readonly session: Session
  readonly token: SessionToken
  /** Of a sign-in. With it and the request, the browser also gets the device cookie and the trusted-browser cookie. */
  readonly user?: User<object>
  /** Of `secondFactors.verify`. */
  readonly trustsBrowser?: boolean
}

/** What Torii does in the application's own routes. */
export interface OwnRoutes<Metadata extends object = Record<string, Json>> {
  /**
   * The session of a request to the application's own routes, by bearer token or cookie; null when the
   * caller is not signed in. A cookie counts only if the request passes the Origin rule, so a page of
   * another site cannot use it on your routes either.
   * @throws ToriiError when the database cannot be reached
   */
  getSession(request: ApplicationRequest): Promise<ValidSession<Metadata> | null>
  /**
   * Does the same as `getSession`, and where the request has a session of another system and none of Torii, opens the session that
   * goes on from it and sets its cookie on the response; where a second factor is due, sets the cookie of the pending sign-in and
   * returns null. For a middleware that has the response; needs the option `importedSessions`, without which it is `getSession`.
   * @throws ToriiError when the database cannot be reached
   */
  continueSession(
    request: ApplicationRequest,
    response: CookieTarget,
    options?: RequestInfoOptions,
  ): Promise<ValidSession<Metadata> | null>
  /**
   * Does the same as `getSession` for a route that only signed-in users may call: `response` is the 401, or the 503
   * when the database cannot be reached; with the option `importedSessions`, for a page also a redirect to itself that sets the cookie
   * of a session that goes on from one of another system. With `recent`, also the 403 when the last authentication is too old, and with
   * `level: 2` when two factors were not proved.
   * @throws InvalidInputError if `redirectTo` is not a path of this site
   * @throws InvalidOptionsError if an option is unknown, or has another type
   */
  requireSession(
    request: ApplicationRequest,
    options?: SessionRequirementOptions,
  ): Promise<SessionRequirement<Metadata>>
  /**
   * What a valid session lacks of `recent` and `level`, as `requireSession` answers it; null if nothing. For a framework that
   * validates a session once and decides later.
   * @throws InvalidOptionsError if an option is unknown, or has another type
   */
  missingProof(valid: ValidSession<object>, options: ProofOptions): MissingProof | null
  /**
   * Returns a session as `GET session` responds with it: the value for `initial` of a session client, which a server gives to
   * the page that it renders. It contains no token, and of the metadata what the option `publicMetadata` lets through.
   */
  initialSession(valid: ValidSession<Metadata> | null): SignedIn | null
  /**
   * The request information that the services take: IP address, user agent, cookies of the browser and, for hooks, the headers. A
   * fetch Request does not contain the IP address: pass `{ ip }`.
   */
  requestInfo(request: ApplicationRequest, options?: RequestInfoOptions): RequestInfo
  /**
   * Sets the cookie of a session that a service has opened, in a sign-in route or server action of your own. With the
   * `request`, it also sets the device cookie and the trusted-browser cookie after a sign-in, and ends the former session of the browser, as Torii's routes
   * do. The cookies are set before the promise is returned.
   * @throws InvalidInputError if the `request` comes from a page of another origin. No cookie is set, and the token is not returned.
   */
  setSessionCookie(
    response: CookieTarget,
    signedIn: SessionToSet,
    request?: ApplicationRequest,
  ): Promise<void>
  /**
   * Sets the cookie of a sign-in that waits for the second factor, in a sign-in route of your own: `pending` of the outcome
   * `second_factor_required`. Then send the browser to `BASE_PATH/second-factors/verify`, or ask for the code yourself and call
   * `torii.secondFactors.verify`.
   */
  setPendingCookie(response: CookieTarget, pending: { readonly token: PendingToken }): void
  /** The token in the cookie of a sign-in that waits for the second factor; null without one. */
  pendingToken(request: ApplicationRequest): string | null
  /** Deletes the session cookie. End the session itself with `torii.sessions.revoke` or `signOut`. */
  clearSessionCookie(response: CookieTarget): void
  /**
   * The `Set-Cookie` headers of `setSessionCookie`, for platforms without a response to change. Ends no session.
   * @throws InvalidInputError if the `request` comes from a page of another origin
   */
  sessionCookies(signedIn: SessionToSet, request?: ApplicationRequest): string[]
  /** The `Set-Cookie` headers of `clearSessionCookie`. */
  clearedSessionCookies(): string[]
}

/** Creates the methods for the application's own routes. */
export function createOwnRoutes<Metadata extends object>(
  torii: Torii<Metadata>,
  site: Site,
): OwnRoutes<Metadata> {
  const { cookie: cookies } = torii.options
  const getSession = async (request: ApplicationRequest) => {
    const { method, headers } = carrierOf(request)
    const { token, cookie } = readRequestTokens(headers, cookies)
    const isAllowed = token === null || token !== cookie || site.isOwnOrigin(method, headers)
    return token === null || !isAllowed ? null : torii.sessions.validate(token)
  }
  const failed = (request: ApplicationRequest, error: ApiError) => {
    const { texts } = site.chooseLanguage(carrierOf(request).headers)
    return { ok: false, response: errorResponse(error, texts) } as const
  }
  const cookiesOf = (signedIn: SessionToSet, request?: ApplicationRequest): CookieToSet[] => {
    requireSessionToSet(signedIn)
    const { session, token } = signedIn
    if (request !== undefined) requireOwnOrigin(site, request)
    const device = request === undefined ? null : deviceCookieOf(torii, signedIn, request)
    const trusted = request === undefined ? null : trustedCookieOf(torii, signedIn, request)
    const set = [newSessionCookie(torii.options, session, token)]
    if (request !== undefined && findPendingCookie(carrierOf(request).headers, cookies) !== null)
      set.push(noPendingCookie(cookies))
    if (device !== null) set.push(newDeviceCookie(cookies, device))
    if (trusted !== null) set.push(newTrustedCookie(torii.options, trusted))
    return set
  }
  const missingProof: OwnRoutes['missingProof'] = (valid, options) => {
    checkProofOptions(options)
    return findMissingProof(valid, options, torii.options.session.recentSeconds)
  }
  /** The session that goes on from one of another system; null where the request has none or a page of another site sent it. */
  const continued = async (request: ApplicationRequest, options: RequestInfoOptions) => {
    const { method, headers } = carrierOf(request)
    if (findImportedCookie(headers, torii.options.importedSessions) === null) return null
    if (!site.isOwnOrigin(method, headers)) return null
    return continueSession(torii, headers, site.requestInfo(headers, ipOf(request, options)))
  }
  /** What a page is answered whose request has a session of another system: itself again, or the page of the second factor. */
  const continuedPage = async (request: ApplicationRequest): Promise<Response | null> => {
    const path = pathOf(request)
    const { method, headers } = carrierOf(request)
    if (path === null || method !== 'GET' || !isNavigation(headers)) return null
    const found = await continued(request, {})
    if (found === null) return null
    const { outcome, cookies: made } = found
    if (!outcome.ok && outcome.reason === 'refused_by_application') return null
    const location = outcome.ok ? path : secondFactorPagePath({ torii }, path)
    const response = new Response(null, { status: 303, headers: { location } })
    addCookies(response, cookies, made)
    return response
  }
  return {
    getSession,
    async continueSession(request, response, options = {}) {
      const valid = await getSession(request)
      if (valid !== null) return valid
      const found = await continued(request, options)
      if (found === null) return null
      addCookies(response, cookies, found.cookies)
      return found.outcome.ok ? torii.sessions.validate(found.outcome.token) : null
    },
    missingProof,
    async requireSession(request, requirement = {}) {
      checkSessionRequirement(requirement)
      const { redirectTo, ...options } = requirement
      try {
        const valid = await getSession(request)
        if (valid === null) {
          const response = await continuedPage(request)
          return { ok: false, response: response ?? signInResponse(site, request, redirectTo) }
        }
        const missing = missingProof(valid, options)
        if (missing === 'level_required')
          return failed(request, { error: missing, ...proofsOfLevel2(valid) })
        if (missing !== null) return failed(request, { error: missing })
        return { ok: true, ...valid }
      } catch (error) {
        return failed(request, site.failed('requireSession', error))
      }
    },
    initialSession: (valid) => (valid === null ? null : serializeSignedIn(valid, torii.options)),
    requestInfo: (request, options = {}) =>
      site.requestInfo(carrierOf(request).headers, ipOf(request, options)),
    async setSessionCookie(response, signedIn, request) {
      addCookies(response, cookies, cookiesOf(signedIn, request))
      if (request === undefined) return
      const former = readRequestTokens(carrierOf(request).headers, cookies).cookies
      await endFormerSessions(torii, former, signedIn.token)
    },
    setPendingCookie: (response, { token }) =>
      addCookies(response, cookies, [newPendingCookie(cookies, token)]),
    pendingToken: (request) => findPendingCookie(carrierOf(request).headers, cookies),
    clearSessionCookie: (response) => addCookies(response, cookies, [noSessionCookie(cookies)]),
    sessionCookies: (signedIn, request) =>
      cookiesOf(signedIn, request).map((cookie) => setCookie(cookies, cookie)),
    clearedSessionCookies: () => [setCookie(cookies, noSessionCookie(cookies))],
  }
}

/** The path of a request, with its query; null where the request does not have it. Express has the one below a router in `url`. */
function pathOf(request: ApplicationRequest): string | null {
  const carrier = carrierOf(request)
  const url: unknown = Reflect.get(carrier, 'originalUrl') ?? Reflect.get(carrier, 'url')
  if (typeof url !== 'string' || !URL.canParse(url, 'http://localhost')) return null
  const { pathname, search } = new URL(url, 'http://localhost')
  // A browser reads two slashes as the beginning of a host.
  return url.startsWith('//') || pathname.startsWith('//') ? null : pathname + search
}

/** What a session lacks for a route; null if nothing. All times are those of the database's clock. */
function findMissingProof(
  { session, recent, hasSecondFactor, validatedAt }: ValidSession<object>,
  required: ProofOptions,
  recentSeconds: number,
): MissingProof | null {
  if (required.level === 2) {
    const provedAt = session.level2At?.getTime() ?? null
    if (provedAt === null) return 'level_required'
    const isRecent = provedAt > validatedAt.getTime() - recentSeconds * 1000
    if (required.recent === true && !isRecent) return 'level_required'
  }
  if (required.recent !== true || recent) return null
  return hasSecondFactor ? 'level_required' : 'reauthentication_required'
}

/** In JavaScript a refused sign-in, or a registration that waits for its verification, is easily passed on. */
function requireSessionToSet(signedIn: Partial<SessionToSet> | null | undefined): void {
  if (signedIn?.session?.createdAt instanceof Date && typeof signedIn.token?.reveal === 'function')
    return
  throw new InvalidInputError(
    'signedIn',
    'must have the session and the token of a sign-in: check outcome.ok first, and that its session is not null',
  )
}

/** A page of another site could otherwise sign its visitor in to an account of the attacker. */
function requireOwnOrigin(site: Site, request: ApplicationRequest): void {
  const { method, headers } = carrierOf(request)
  if (site.isOwnOrigin(method, headers)) return
  throw invalidValue(
    'request',
    `comes from a page of another origin, so no session is set. Send it from ${site.origins.join(', ')}, or change the options baseUrl or trustedOrigins`,
  )
}

function signInResponse(
  site: Site,
  request: ApplicationRequest,
  redirectTo: string | undefined,
): Response {
  const { method, headers } = carrierOf(request)
  if (redirectTo === undefined || method !== 'GET' || !isNavigation(headers))
    return errorResponse({ error: 'unauthenticated' }, site.chooseLanguage(headers).texts)
  return new Response(null, { status: 303, headers: { location: redirectTo } })
}

/**
 * The device cookie after a sign-in. Registering proves nothing about the mailbox, so an account that was created in the same
 * commit as the session, and is not verified, makes no known browser.
 */
function deviceCookieOf<Metadata extends object>(
  torii: Torii<Metadata>,
  { user, session }: SessionToSet,
  request: ApplicationRequest,
): string | null {
  if (user === undefined || user.email === null) return null
  const isNew = user.createdAt.getTime() === session.createdAt.getTime()
  if (isNew && !user.emailVerified) return null
  const cookies = readHeader(carrierOf(request).headers, 'cookie')
  const deviceCookie = findDeviceCookie(cookies, torii.options.cookie)
  return torii.deviceCookie(user.email, { ip: null, userAgent: null, deviceCookie }, user.id)
}

/** The trusted-browser cookie after a sign-in. */
function trustedCookieOf<Metadata extends object>(
  torii: Torii<Metadata>,
  { user, ...signedIn }: SessionToSet,
  request: ApplicationRequest,
): string | null {
  if (user === undefined) return null
  const cookies = readHeader(carrierOf(request).headers, 'cookie')
  const trustedCookie = findTrustedCookie(cookies, torii.options.cookie)
  const info = { ip: null, userAgent: null, trustedCookie }
  return torii.trustedCookie({ ok: true, user, ...signedIn }, info)
}
