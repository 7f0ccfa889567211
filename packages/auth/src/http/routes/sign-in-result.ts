import type { UserId } from 'torii-core'
import { parsePendingToken } from '../../crypto/session-token.js'
import type { Refused } from '../../services/refusals.js'
import type { SignedIn } from '../../services/sign-in.js'
import { sessionCookie } from '../request/cookie.js'
import { setDeviceCookie } from '../request/device-cookie.js'
import {
  clearedPendingCookie,
  findPendingCookie,
  pendingCookie,
} from '../request/pending-cookie.js'
import { setTrustedCookie } from '../request/trusted-cookie.js'
import { endFormerSessions } from '../response/former-session.js'
import type { RefusalWords, RefusedOutcome } from '../response/outcome-error.js'
import { outcomeError } from '../response/outcome-error.js'
import { serializeSignedIn } from '../response/serializers.js'
import type * as bodies from '../schema/response-bodies.js'
import type { Failure, Success } from './results.js'
import { failure, success } from './results.js'
import type { Call } from './route.js'

/**
 * The result of a sign-in. The token goes into the cookie and nowhere else, or into the body of a client that is no browser. The
 * browser's previous session ends, since its cookie is replaced; the session of a bearer token stays.
 */
export async function signedIn<const Status extends 200 | 201>(
  call: Call,
  status: Status,
  made: SignedIn<object>,
): Promise<Success<Status, bodies.SignIn>> {
  const { body, setCookies } = await openedSession(call, made, status === 200)
  return success(status, body, { setCookies })
}

/** The body and the `Set-Cookie`s of an answer that opens a session: one of them holds the token. */
export async function openedSession(
  call: Call,
  made: SignedIn<object>,
  makesKnown = true,
): Promise<{ readonly body: bodies.SignIn; readonly setCookies: readonly string[] }> {
  const body = serializeSignedIn(made, call.torii.options)
  return call.transport === 'body'
    ? { body: { ...body, token: made.token.reveal() }, setCookies: [] }
    : { body, setCookies: await signInCookies(call, made, makesKnown) }
}

/** `Set-Cookie`s of a sign-in, after the browser's former sessions were ended. */
export async function signInCookies(
  call: Call,
  made: SignedIn<object>,
  /** Registering proves nothing about the mailbox: it makes no known browser. */
  makesKnown = true,
): Promise<string[]> {
  const { user, session, token } = made
  const { options } = call.torii
  const trusted = call.torii.trustedCookie(made, call.info)
  await endFormerSessions(call.torii, call.tokens.cookies, token)
  return [
    sessionCookie(options, session, token),
    ...(makesKnown ? deviceCookies(call, user.email, user.id) : []),
    ...(trusted === null ? [] : [setTrustedCookie(options, trusted)]),
    ...(findPendingCookie(call.headers, options.cookie) === null
      ? []
      : [clearedPendingCookie(options.cookie)]),
  ]
}

/**
 * The result of a sign-in that opened no session. Where a second factor is due, the token of the pending sign-in goes into its
 * cookie, or into the body of a client that is no browser; the browser's former session ends only when the new one opens.
 */
export function signInRefused(call: Call, outcome: RefusedOutcome, words?: RefusalWords): Failure {
  const error = outcomeError(outcome, words)
  if (outcome.reason !== 'second_factor_required') return failure(error)
  return call.transport === 'body'
    ? failure({ ...error, pendingToken: outcome.pending.token })
    : failure(error, pendingCookies(call, outcome))
}

/**
 * The token of the pending sign-in of a request, if that is the one of this id: another tab may have begun another sign-in, whose
 * code must not open this one.
 */
export function pendingTokenOf(
  { torii, headers, transport, pendingToken }: Call,
  pendingId: string,
): string | null {
  const token =
    transport === 'body' ? pendingToken : findPendingCookie(headers, torii.options.cookie)
  return token !== null && parsePendingToken(token)?.id === pendingId ? token : null
}

/** `Set-Cookie` that deletes the cookie of a pending sign-in that has ended. */
export const endedCookies = (
  { torii, transport }: Call,
  { reason }: { readonly reason: string },
): string[] =>
  reason === 'invalid_token' && transport === 'cookie'
    ? [clearedPendingCookie(torii.options.cookie)]
    : []

/** The result of an enrollment on a pending sign-in that was not started. */
export const enrollmentRefused = (call: Call, outcome: RefusedOutcome): Failure => ({
  ...failure(outcomeError(outcome, enrollmentWords)),
  setCookies: endedCookies(call, outcome),
})

const enrollmentWords = {
  texts: { invalid_token: 'sign_in_expired', invalid_code: 'invalid_email_code' },
} as const

/** There is no such pending sign-in. */
export const signInExpired: Failure = failure({ error: 'invalid_token', text: 'sign_in_expired' })

/** `Set-Cookie` of a pending sign-in. */
export const pendingCookies = (
  { torii }: Call,
  { pending }: Refused<'second_factor_required'>,
): string[] => [pendingCookie(torii.options.cookie, pending.token)]

/** `Set-Cookie` by which the browser is known for this account from now on; none without keys or an email address. */
export function deviceCookies(
  { torii, info }: Call,
  email: string | null,
  userId?: UserId,
): string[] {
  const value = email === null ? null : torii.deviceCookie(email, info, userId)
  return value === null ? [] : [setDeviceCookie(torii.options.cookie, value)]
}
