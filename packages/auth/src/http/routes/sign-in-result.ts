import type { SignedIn } from '../../services/sign-in.js'
import { sessionCookie } from '../request/cookie.js'
import { setDeviceCookie } from '../request/device-cookie.js'
import { endFormerSessions } from '../response/former-session.js'
import { serializeSignedIn } from '../response/serializers.js'
import type * as bodies from '../schema/response-bodies.js'
import type { Success } from './results.js'
import { success } from './results.js'
import type { Call } from './route.js'

/**
 * The result of a sign-in. The token goes into the cookie and nowhere else. The browser's previous session
 * ends, since its cookie is replaced; the session of a bearer token stays.
 */
export async function signedIn<const Status extends 200 | 201>(
  call: Call,
  status: Status,
  made: SignedIn<object>,
): Promise<Success<Status, bodies.SignedIn>> {
  const { user, session, token } = made
  await endFormerSessions(call.torii, call.tokens.cookies, token)
  const setCookies = [
    sessionCookie(call.torii.options, session, token),
    // Registering proves nothing about the mailbox: 201 makes no known browser.
    ...(status === 200 ? deviceCookies(call, user.email) : []),
  ]
  return success(status, serializeSignedIn(made, call.torii.options), { setCookies })
}

/** `Set-Cookie` by which the browser is known for this account from now on; none without keys or an email address. */
export function deviceCookies({ torii, info }: Call, email: string | null): string[] {
  const value = email === null ? null : torii.deviceCookie(email, info)
  return value === null ? [] : [setDeviceCookie(torii.options.cookie, value)]
}
