import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SessionRequirementOptions } from '../http/index.js'
import { sendResponse } from '../http/node.js'
import type { AuthSource } from './required-session.js'
import { checkMiddleware, requireSessionFor } from './required-session.js'

export type { SessionRequirementOptions } from '../http/index.js'
export type { AuthSource } from './required-session.js'
export { sessionOf, userOf } from './required-session.js'

/** A middleware of Express, Connect and other frameworks over node:http. */
export type ExpressMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

/**
 * Lets only signed-in users pass. Other requests are answered with 401, or redirected to `redirectTo`. Its route reads the
 * user with `userOf(request)`.
 *
 * ```ts
 * app.get('/me', requireUser(auth), (request, response) => response.json(userOf(request)))
 * ```
 */
export const requireUser = (
  auth: AuthSource<object>,
  options: Pick<SessionRequirementOptions, 'redirectTo'> = {},
): ExpressMiddleware => requireSession(auth, options)

/**
 * Does the same as `requireUser`. With `recent`, an authentication that is too old is answered with 403. Its route reads the
 * session with `sessionOf(request)`.
 * @throws InvalidInputError if `auth` is no handler, or `redirectTo` no path of this site
 * @throws InvalidOptionsError if an option is unknown, or has another type
 */
export function requireSession(
  auth: AuthSource<object>,
  options: SessionRequirementOptions = {},
): ExpressMiddleware {
  checkMiddleware(auth, options)
  return async (request, response, next) => {
    try {
      const required = await requireSessionFor(auth, request, options)
      if (!required.ok) return await sendResponse(response, required.response)
    } catch (error) {
      return next(error)
    }
    next()
  }
}
