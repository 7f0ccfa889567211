import { errorResponse } from '../response/errors.js'
import { outcomeResponse } from '../response/outcome-response.js'
import { accepted, signedIn } from '../response/respond.js'
import { defineRoute } from './route.js'

/** Signing in with a mailed link, or the code beside it. */
export const magicLinkRoutes = [
  defineRoute({
    method: 'POST',
    path: 'magic-link/request',
    summary: 'Mails a link that signs in; the same answer for every address',
    access: 'anyone',
    body: { email: 'text' },
    answer: { status: 202, shape: 'accepted' },
    errors: ['too_many_attempts'],
    feature: 'mail',
    async handle({ torii, info }, { email }) {
      const outcome = await torii.magicLink.request({ email }, info)
      return outcome.ok ? accepted() : outcomeResponse(outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'magic-link/authenticate',
    summary: 'Signs in by the token of a link, or by address and code',
    access: 'anyone',
    body: { token: 'optional text', email: 'optional text', code: 'optional text' },
    answer: { status: 200, shape: 'user and session' },
    errors: ['invalid_token', 'too_many_attempts'],
    feature: 'mail',
    form: 'signedIn',
    async handle(call, { token, email, code }) {
      const proof = proofOf(token ?? null, email ?? null, code ?? null)
      if (proof === null) {
        const message = 'Send token, or email and code.'
        return errorResponse({ error: 'invalid_input', field: 'token', message })
      }
      const outcome = await call.torii.magicLink.authenticate(proof, call.info)
      return outcome.ok ? signedIn(call, 200, outcome) : outcomeResponse(outcome)
    },
  }),
]

function proofOf(token: string | null, email: string | null, code: string | null) {
  if (token !== null) return { token }
  return email === null || code === null ? null : { email, code }
}
