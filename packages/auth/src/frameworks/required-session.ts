import type { Json, User, ValidSession } from 'torii-core'
import { InvalidInputError, ToriiError } from 'torii-core'
import type {
  ApplicationRequest,
  AuthHandler,
  SessionRequirement,
  SessionRequirementOptions,
} from '../http/index.js'
import { checkSessionRequirement } from '../http/session-requirement.js'

/** The result of `createHandler`, or a function that opens it at the first request. */
export type AuthSource<Metadata extends object = Record<string, Json>> =
  | AuthHandler<Metadata>
  | (() => AuthHandler<Metadata> | Promise<AuthHandler<Metadata>>)

/** Returns the handler, which it opens if necessary. */
export async function openHandler<Metadata extends object>(
  source: AuthSource<Metadata>,
): Promise<AuthHandler<Metadata>> {
  return isHandler(source) ? source : source()
}

/** A handler is a function as well. */
const isHandler = <Metadata extends object>(
  source: AuthSource<Metadata>,
): source is AuthHandler<Metadata> => 'basePath' in source

/**
 * Checks what a middleware is created with, so that a mistake shows at the start and not at a request.
 * @throws InvalidInputError
 * @throws InvalidOptionsError
 */
export function checkMiddleware(
  source: AuthSource<object>,
  options: SessionRequirementOptions,
): void {
  // A handler is a function too.
  if (typeof source !== 'function')
    throw new InvalidInputError(
      'auth',
      'must be the result of createHandler(torii), or a function that returns it',
    )
  checkSessionRequirement(options)
}

/** The sessions that a middleware has found, by the request or context that its route receives. */
const sessions = new WeakMap<object, ValidSession<object>>()

/** Requires a session, and keeps it for {@link sessionOf}. */
export async function requireSessionFor<Metadata extends object>(
  source: AuthSource<Metadata>,
  request: ApplicationRequest,
  options: SessionRequirementOptions,
): Promise<SessionRequirement<Metadata>> {
  const required = await (await openHandler(source)).requireSession(request, options)
  if (required.ok) {
    const { ok: _, ...valid } = required
    sessions.set(request, valid)
  }
  return required
}

/**
 * Returns the session of a request that passed `requireUser` or `requireSession`. `Metadata` is the type of the application's
 * own data on a user.
 * @throws ToriiError `ERR_MISUSE` if neither ran before the route
 */
export function sessionOf<Metadata extends object = Record<string, Json>>(
  request: object,
): ValidSession<Metadata> {
  const valid = sessions.get(request)
  if (valid === undefined)
    throw new ToriiError(
      'ERR_MISUSE',
      'this route has no session: put requireUser(auth) or requireSession(auth) before it',
    )
  // The metadata's type is the application's claim, as for Torii itself.
  return valid as ValidSession<Metadata>
}

/**
 * Returns the user of a request that passed `requireUser` or `requireSession`.
 * @throws ToriiError `ERR_MISUSE` if neither ran before the route
 */
export const userOf = <Metadata extends object = Record<string, Json>>(
  request: object,
): User<Metadata> => sessionOf<Metadata>(request).user
