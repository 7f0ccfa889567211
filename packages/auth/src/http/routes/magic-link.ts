import { linkPaths } from '../../base/paths.js'
import { magicLinkBody } from '../schema/request-bodies.js'
import { signInSchema } from '../schema/response-bodies.js'
import { mailRequestRoute } from './mail-request.js'
import { failure } from './results.js'
import { defineRoute } from './route.js'
import { signedIn, signInRefused } from './sign-in-result.js'

/** Sign-in with a magic link or with the code in the same mail. */
export const magicLinkRoutes = [
  mailRequestRoute({
    path: 'magic-link/request',
    summary: 'Mails a magic link; the same response for every email address',
    request: (torii, email, info) => torii.magicLink.request({ email }, info),
    errors: ['refused_by_application'],
    feature: 'magicLink',
  }),
  defineRoute({
    method: 'POST',
    path: linkPaths.magic_link.action,
    summary: 'Signs in with the token of a magic link, or with an email address and a code',
    access: 'anyone',
    body: magicLinkBody,
    responses: { 200: signInSchema },
    errors: [
      'invalid_token',
      'refused_by_application',
      'second_factor_required',
      'too_many_attempts',
    ],
    feature: 'magicLink',
    form: { purpose: 'magic_link', next: 'signedIn' },
    async handle(call, { token, email, code, remember }) {
      const proof = proofOf(token ?? null, email ?? null, code ?? null)
      if (proof === null) {
        const message = 'Send token, or email and code.'
        return failure({ error: 'invalid_input', field: 'token', message })
      }
      const { torii, info, nonce } = call
      const outcome = await torii.magicLink.authenticate({ ...proof, nonce, remember }, info)
      return outcome.ok ? signedIn(call, 200, outcome) : signInRefused(call, outcome)
    },
  }),
]

function proofOf(token: string | null, email: string | null, code: string | null) {
  if (token !== null) return { token }
  return email === null || code === null ? null : { email, code }
}
