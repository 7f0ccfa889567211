import type { SessionCarrier, SessionRequirementOptions } from '../http/index.js'
import type { AuthSource } from './required-session.js'
import { checkMiddleware, requireSessionFor } from './required-session.js'

export type { SessionRequirementOptions } from '../http/index.js'
export type { AuthSource } from './required-session.js'
export { sessionOf, userOf } from './required-session.js'

/** The part of the context of Hono that is read. */
export interface HonoContextLike {
  readonly req: { readonly raw: SessionCarrier }
}

/** A middleware of Hono. */
export type HonoMiddleware = (
  context: HonoContextLike,
  next: () => Promise<void>,
) => Promise<Response | undefined>

/**
 * Lets only signed-in users pass. Other requests are answered with 401, or redirected to `redirectTo`. Its route reads the
 * user with `userOf(context)`.
 *
 * ```ts
 * app.get('/me', requireUser(auth), (context) => context.json(userOf(context)))
 * ```
 */
export const requireUser = (
  auth: AuthSource<object>,
  options: Pick<SessionRequirementOptions, 'redirectTo'> = {},
): HonoMiddleware => requireSession(auth, options)

/**
 * Does the same as `requireUser`. With `recent`, an authentication that is too old is answered with 403. Its route reads the
 * session with `sessionOf(context)`.
 * @throws InvalidInputError if `auth` is no handler, or `redirectTo` no path of this site
 * @throws InvalidOptionsError if an option is unknown, or has another type
 */
export function requireSession(
  auth: AuthSource<object>,
  options: SessionRequirementOptions = {},
): HonoMiddleware {
  checkMiddleware(auth, options)
  return async (context, next) => {
    const required = await requireSessionFor(auth, context, options)
    if (!required.ok) return required.response
    await next()
    return undefined
  }
}
