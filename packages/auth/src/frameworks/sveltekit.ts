import type { Json, User, ValidSession } from 'torii-core'
import type { AuthSource } from './required-session.js'
import { openHandler } from './required-session.js'

export type { AuthSource } from './required-session.js'

/** The locals that the handle sets. Extend `App.Locals` by it. */
export interface ToriiLocals<Metadata extends object = Record<string, Json>> {
  /** The session of the request; null if no user is signed in. */
  signedIn: ValidSession<Metadata> | null
}

/** The parts of an event of SvelteKit that are used. */
export interface SvelteKitEvent<Metadata extends object = Record<string, Json>> {
  readonly request: Request
  readonly url: URL
  readonly locals: ToriiLocals<Metadata>
  getClientAddress(): string
}

/**
 * Creates a `handle` hook, which serves Torii's routes, those of `wellKnownPaths` too, and sets `event.locals.signedIn` for every other request.
 *
 * ```ts
 * export const handle = createHandle(() => auth)
 * ```
 */
export const createHandle =
  <Metadata extends object>(source: AuthSource<Metadata>) =>
  async <Event extends SvelteKitEvent<Metadata>>({
    event,
    resolve,
  }: {
    event: Event
    resolve: (event: Event) => Response | Promise<Response>
  }): Promise<Response> => {
    const auth = await openHandler(source)
    const { request, url } = event
    const { pathname } = url
    if (pathname.startsWith(`${auth.basePath}/`) || auth.wellKnownPaths.includes(pathname))
      return auth(request, { ip: event.getClientAddress() })
    event.locals.signedIn = await auth.getSession(request)
    return resolve(event)
  }

/**
 * Returns the session for a `load` function, an action or an endpoint. Without one, or with `recent` if the last
 * authentication is too old, it calls `otherwise`, which must throw: `() => redirect(303, '/sign-in')`.
 */
export function requireSession<Metadata extends object>(
  { locals: { signedIn } }: { readonly locals: ToriiLocals<Metadata> },
  otherwise: () => never,
  { recent = false }: { readonly recent?: boolean } = {},
): ValidSession<Metadata> {
  if (signedIn === null || (recent && !signedIn.recent)) return otherwise()
  return signedIn
}

/** Returns the user, in the same way as {@link requireSession}. */
export const requireUser = <Metadata extends object>(
  event: { readonly locals: ToriiLocals<Metadata> },
  otherwise: () => never,
): User<Metadata> => requireSession(event, otherwise).user
