import { cookies, headers } from 'next/headers.js'
import type { Json, PendingToken, User, ValidSession } from 'torii-core'
import type { RequestInfo } from '../base/request-info.js'
import type { ProofOptions, RequestInfoOptions, SessionToSet, SignedIn } from '../http/index.js'
import { requestOf } from './next-request.js'
import type { AuthSource } from './required-session.js'
import { openHandler } from './required-session.js'

export type { AuthSource } from './required-session.js'

/** What a page or a server action requires of a session. */
export interface NextSessionOptions extends ProofOptions {
  /** The path to which other browsers are redirected, for example `/sign-in`. */
  readonly redirectTo: string
}

/** A route handler of Next.js. */
export type NextRouteHandler = (request: Request) => Promise<Response>

/**
 * Creates the route handlers that serve Torii. Next.js does not have the client's IP address: behind proxies of yours pass
 * `{ trustedProxyHops }`.
 *
 * ```ts
 * // app/auth/[...torii]/route.ts
 * export const { DELETE, GET, HEAD, OPTIONS, PATCH, POST } = createRouteHandlers(openAuth)
 * ```
 */
export function createRouteHandlers(
  source: AuthSource<object>,
  { trustedProxyHops = 0 }: Pick<RequestInfoOptions, 'trustedProxyHops'> = {},
): Record<'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST', NextRouteHandler> {
  const handle: NextRouteHandler = async (request) => {
    const auth = await openHandler(source)
    // With 0 hops there is no address, since a route has no socket.
    return auth(request, auth.requestInfo(request, { trustedProxyHops }))
  }
  return { DELETE: handle, GET: handle, HEAD: handle, OPTIONS: handle, PATCH: handle, POST: handle }
}

/**
 * Creates a proxy, which lets only signed-in users pass to the pages that its `matcher` names: it returns a redirect for a
 * browser, a 401 for a program, and nothing for a signed-in user.
 *
 * ```ts
 * // proxy.ts
 * export const proxy = createProxy(openAuth, { redirectTo: '/sign-in' })
 * ```
 */
export const createProxy =
  (source: AuthSource<object>, options: NextSessionOptions) =>
  async (request: Request): Promise<Response | undefined> => {
    const required = await (await openHandler(source)).requireSession(request, options)
    return required.ok ? undefined : required.response
  }

/** Returns the session in a server component or a server action; null if no user is signed in. */
export async function getSession<Metadata extends object = Record<string, Json>>(
  source: AuthSource<Metadata>,
): Promise<ValidSession<Metadata> | null> {
  const auth = await openHandler(source)
  return auth.getSession(await currentRequest())
}

/** Returns the value for `initial` of `SessionProvider` in a layout or a page: the session without its token; null if no user is signed in. */
export async function initialSession(source: AuthSource<object>): Promise<SignedIn | null> {
  const auth = await openHandler(source)
  return auth.initialSession(await auth.getSession(await currentRequest()))
}

/**
 * Returns the session in a server component or a server action. Redirects if no user is signed in, with `recent` if the
 * last authentication is too old, and with `level: 2` if two factors were not proved.
 */
export async function requireSession<Metadata extends object = Record<string, Json>>(
  source: AuthSource<Metadata>,
  { redirectTo, ...options }: NextSessionOptions,
): Promise<ValidSession<Metadata>> {
  const auth = await openHandler(source)
  const valid = await auth.getSession(await currentRequest())
  if (valid !== null && auth.missingProof(valid, options) === null) return valid
  // Not bundled: the bundlers of Next.js replace 'next/navigation' in server code, but not the name with .js.
  const { redirect } = await import(
    /* webpackIgnore: true */ /* turbopackIgnore: true */ 'next/navigation.js'
  )
  return redirect(redirectTo)
}

/** Returns the user in a server component or a server action. Redirects if no user is signed in. */
export async function requireUser<Metadata extends object = Record<string, Json>>(
  source: AuthSource<Metadata>,
  options: Pick<NextSessionOptions, 'redirectTo'>,
): Promise<User<Metadata>> {
  return (await requireSession(source, options)).user
}

/**
 * Returns the request information for a service in a server action. Next.js does not have the client's IP address: pass
 * `{ trustedProxyHops }`, or `{ ip }`.
 */
export async function requestInfo(
  source: AuthSource<object>,
  options: RequestInfoOptions = {},
): Promise<RequestInfo> {
  return (await openHandler(source)).requestInfo(await currentRequest(), options)
}

/**
 * Sets the cookies after a sign-in in a server action or route handler, and ends the former session of the browser. A server
 * component cannot set cookies.
 */
export async function setSessionCookie(
  source: AuthSource<object>,
  signedIn: SessionToSet,
): Promise<void> {
  const auth = await openHandler(source)
  await auth.setSessionCookie(await cookies(), signedIn, await currentRequest())
}

/**
 * Sets the cookie of a sign-in that waits for the second factor, in a server action or route handler: `pending` of the outcome
 * `second_factor_required`. Then redirect to `BASE_PATH/second-factors/verify`.
 */
export async function setPendingCookie(
  source: AuthSource<object>,
  pending: { readonly token: PendingToken },
): Promise<void> {
  const auth = await openHandler(source)
  auth.setPendingCookie(await cookies(), pending)
}

/** Deletes the session cookie in a server action or route handler. End the session itself with `torii.sessions.revoke`. */
export async function clearSessionCookie(source: AuthSource<object>): Promise<void> {
  const auth = await openHandler(source)
  auth.clearSessionCookie(await cookies())
}

const currentRequest = async () => requestOf(await headers())
