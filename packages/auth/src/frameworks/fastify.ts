import type { IncomingHttpHeaders } from 'node:http'
import type { SessionRequirementOptions } from '../http/index.js'
import type { AuthSource } from './required-session.js'
import { checkMiddleware, requireSessionFor } from './required-session.js'

export type { SessionRequirementOptions } from '../http/index.js'
export type { AuthSource } from './required-session.js'
export { sessionOf, userOf } from './required-session.js'

/** The parts of a request of Fastify that are read. */
export interface FastifyRequestLike {
  readonly method: string
  readonly headers: IncomingHttpHeaders
}

/** The parts of a reply of Fastify that are used. */
export interface FastifyReplyLike {
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(body?: unknown): unknown
}

/** A `preHandler` hook of Fastify, or an `onRequest` hook. */
export type FastifyHook = (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>

/**
 * Lets only signed-in users pass. Other requests are answered with 401, or redirected to `redirectTo`. Its route reads the
 * user with `userOf(request)`.
 *
 * ```ts
 * app.get('/me', { preHandler: requireUser(auth) }, async (request) => userOf(request))
 * ```
 */
export const requireUser = (
  auth: AuthSource<object>,
  options: Pick<SessionRequirementOptions, 'redirectTo'> = {},
): FastifyHook => requireSession(auth, options)

/**
 * Does the same as `requireUser`. With `recent`, an authentication that is too old is answered with 403. Its route reads the
 * session with `sessionOf(request)`.
 * @throws InvalidInputError if `auth` is no handler, or `redirectTo` no path of this site
 * @throws InvalidOptionsError if an option is unknown, or has another type
 */
export function requireSession(
  auth: AuthSource<object>,
  options: SessionRequirementOptions = {},
): FastifyHook {
  checkMiddleware(auth, options)
  return async (request, reply) => {
    const required = await requireSessionFor(auth, request, options)
    if (required.ok) return
    const { status, headers } = required.response
    reply.code(status)
    for (const [name, value] of headers) reply.header(name, value)
    // Returning the reply ends the request, as Fastify asks of asynchronous hooks.
    return reply.send(await required.response.text())
  }
}
