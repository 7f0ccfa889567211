import type { Json, User, ValidSession } from 'torii-core'
import { ToriiError } from 'torii-core'
import type { AuthHandler, CookieTarget, ProofOptions } from '../http/index.js'
import { checkProofOptions } from '../http/session-requirement.js'
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
  /** Takes the cookie of a session that goes on from one of another system. */
  readonly cookies: CookieTarget
  getClientAddress(): string
}

/** The handlers that have found the sessions, which know what counts as recent. */
const handlers = new WeakMap<ValidSession<object>, Pick<AuthHandler, 'missingProof'>>()

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
    const signedIn = await auth.continueSession(request, event.cookies, {
      ip: event.getClientAddress(),
    })
    if (signedIn !== null) handlers.set(signedIn, auth)
    event.locals.signedIn = signedIn
    return resolve(event)
  }

/**
 * Returns the session for a `load` function, an action or an endpoint. Without one, with `recent` if the last
 * authentication is too old, and with `level: 2` if two factors were not proved, it calls `otherwise`, which must throw:
 * `() => redirect(303, '/sign-in')`.
 * @throws InvalidOptionsError if an option is unknown, or has another type
 * @throws ToriiError `ERR_MISUSE` if one of both is asked of a `locals.signedIn` that {@link createHandle} has not set
 */
export function requireSession<Metadata extends object>(
  { locals: { signedIn } }: { readonly locals: ToriiLocals<Metadata> },
  otherwise: () => never,
  options: ProofOptions = {},
): ValidSession<Metadata> {
  checkProofOptions(options)
  if (signedIn === null) return otherwise()
  if (options.recent !== true && options.level !== 2) return signedIn
  const auth = handlers.get(signedIn)
  if (auth === undefined)
    throw new ToriiError(
      'ERR_MISUSE',
      'locals.signedIn is not the session that Torii found: put createHandle(auth) into src/hooks.server.ts',
    )
  return auth.missingProof(signedIn, options) === null ? signedIn : otherwise()
}

/** Returns the user, in the same way as {@link requireSession}. */
export const requireUser = <Metadata extends object>(
  event: { readonly locals: ToriiLocals<Metadata> },
  otherwise: () => never,
): User<Metadata> => requireSession(event, otherwise).user
