import type { SignedIn } from '../../services/sign-in.js'
import { sessionCookie } from '../request/cookie.js'
import type { Call } from '../routes/route.js'
import { sessionAnswer, userAnswer } from './answers.js'

export const noContent = (): Response => new Response(null, { status: 204 })

/** A request that was taken on; the same for every address. */
export const accepted = (): Response => Response.json({ status: 'accepted' }, { status: 202 })

/** Sends the browser on. `location` is a path of this site, or the address of a configured provider. */
export const seeOther = (location: string, headers: Record<string, string> = {}): Response =>
  new Response(null, { status: 303, headers: { ...headers, location } })

/**
 * Answers a sign-in: the token goes into the cookie and nowhere else. The session that the browser held
 * before is ended, since its cookie is being replaced; a bearer's token is its owner's own affair.
 * @see OWASP ASVS 5.0, 7.2.4
 */
export async function signedIn(
  call: Call,
  status: 200 | 201,
  { user, session, token }: SignedIn<object>,
): Promise<Response> {
  await endFormerSession(call)
  const body = { user: userAnswer(user), session: sessionAnswer(session, true) }
  const headers = { 'set-cookie': sessionCookie(call.torii.options.baseUrl, session, token) }
  return Response.json(body, { status, headers })
}

/** The person is signed in already: failing to end the old session is noted, not answered. */
export async function endFormerSession({ torii, credentials }: Call): Promise<void> {
  if (credentials.cookie === null) return
  try {
    await torii.sessions.signOut(credentials.cookie)
  } catch (error) {
    torii.options.log({ level: 'warn', event: 'former_session_not_ended', error })
  }
}
