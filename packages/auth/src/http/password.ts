import type { SignedIn } from '../sign-in.js'
import { sessionAnswer, userAnswer } from './answers.js'
import { sessionCookie } from './cookie.js'
import { refuse } from './errors.js'
import type { Call } from './route.js'
import { defineRoute } from './route.js'

/** Signing in with an address and a password. */
export const passwordRoutes = [
  defineRoute({
    method: 'POST',
    path: 'password/register',
    summary: 'Makes an account and signs in',
    access: 'anyone',
    body: { email: 'text', password: 'text', name: 'optional text' },
    answer: { status: 201, shape: 'user and session' },
    errors: ['email_taken', 'password_rejected', 'too_many_attempts', 'busy'],
    async handle(call, { email, password, name }) {
      const profile = name === undefined ? {} : { name }
      const made = await call.torii.password.register({ email, password, ...profile }, call.info)
      const accepted = () => Response.json({ status: 'accepted' }, { status: 202 })
      if (made.ok) return made.session === null ? accepted() : signedIn(call, 201, made)
      switch (made.reason) {
        case 'taken':
          // Where addresses are verified the answer is the same for every one; the owner is told by mail.
          if (call.torii.options.requireVerifiedEmail) return accepted()
          return refuse({ error: 'email_taken' })
        case 'password_rejected':
          return refuse({ error: 'password_rejected', problem: made.problem })
        case 'too_many_attempts':
          return refuse({ error: made.reason, retryAfterSeconds: made.retryAfterSeconds })
        default:
          return made satisfies never
      }
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'password/authenticate',
    summary: 'Signs in',
    access: 'anyone',
    body: { email: 'text', password: 'text' },
    answer: { status: 200, shape: 'user and session' },
    errors: ['invalid_credentials', 'too_many_attempts', 'busy'],
    async handle(call, { email, password }) {
      const outcome = await call.torii.password.authenticate({ email, password }, call.info)
      if (outcome.ok) return signedIn(call, 200, outcome)
      switch (outcome.reason) {
        case 'invalid_credentials':
          return refuse({ error: outcome.reason })
        case 'too_many_attempts':
          return refuse({ error: outcome.reason, retryAfterSeconds: outcome.retryAfterSeconds })
        default:
          return outcome satisfies never
      }
    },
  }),
]

/**
 * Answers a sign-in: the token goes into the cookie and nowhere else. The session that the browser held
 * before is ended, since its cookie is being replaced; a bearer's token is its owner's own affair.
 * @see OWASP ASVS 5.0, 7.2.4
 */
async function signedIn(call: Call, status: number, { user, session, token }: SignedIn<object>) {
  const { baseUrl } = call.torii.options
  await endFormerSession(call)
  const body = { user: userAnswer(user), session: sessionAnswer(session, true) }
  const headers = { 'set-cookie': sessionCookie(baseUrl, session, token) }
  return Response.json(body, { status, headers })
}

/** The person is signed in already: failing to end the old session is noted, not answered. */
async function endFormerSession({ torii, credentials }: Call): Promise<void> {
  if (credentials.cookie === null) return
  try {
    await torii.sessions.signOut(credentials.cookie)
  } catch (error) {
    torii.options.log({ level: 'warn', event: 'former_session_not_ended', error })
  }
}
