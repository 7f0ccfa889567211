import { outcomeResponse } from '../response/outcome-response.js'
import { accepted, noContent, signedIn } from '../response/respond.js'
import { defineRoute } from './route.js'

/** Signing in with an address and a password, and the password itself. */
export const passwordRoutes = [
  defineRoute({
    method: 'POST',
    path: 'password/register',
    summary: 'Makes an account; where addresses are verified a mail follows, elsewhere it signs in',
    access: 'anyone',
    body: { email: 'text', password: 'text', name: 'optional text' },
    answer: { status: 201, shape: 'user and session' },
    alternative: { status: 202, shape: 'accepted' },
    errors: ['email_taken', 'password_rejected', 'too_many_attempts', 'busy'],
    async handle(call, { email, password, name }) {
      const profile = name === undefined ? {} : { name }
      const made = await call.torii.password.register({ email, password, ...profile }, call.info)
      if (made.ok) return made.session === null ? accepted() : signedIn(call, 201, made)
      // Where email addresses are verified, every registration has the same answer; the owner gets a mail.
      const isSecret = made.reason === 'email_taken' && call.torii.options.requireVerifiedEmail
      return isSecret ? accepted() : outcomeResponse(made)
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
      return outcome.ok ? signedIn(call, 200, outcome) : outcomeResponse(outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'password/change',
    summary: 'Changes the password; other sessions end',
    access: 'signed in',
    body: { currentPassword: 'text', newPassword: 'text' },
    answer: { status: 204, shape: null },
    errors: ['invalid_credentials', 'password_rejected', 'too_many_attempts', 'busy'],
    async handle({ torii, valid, info }, passwords) {
      const outcome = await torii.password.change(valid, passwords, info)
      return outcome.ok ? noContent() : outcomeResponse(outcome, { passwordField: 'newPassword' })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'password/set',
    summary: 'Sets a first password',
    access: 'signed in',
    body: { newPassword: 'text' },
    answer: { status: 204, shape: null },
    errors: ['already_exists', 'password_rejected', 'reauthentication_required', 'busy'],
    async handle({ torii, valid, info }, passwords) {
      const outcome = await torii.password.set(valid, passwords, info)
      return outcome.ok ? noContent() : outcomeResponse(outcome, { passwordField: 'newPassword' })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'password',
    summary: 'Removes the password; other sessions end',
    access: 'signed in',
    body: null,
    answer: { status: 204, shape: null },
    errors: ['last_method', 'not_found', 'reauthentication_required'],
    async handle({ torii, valid, info }) {
      const outcome = await torii.password.remove(valid, info)
      return outcome.ok ? noContent() : outcomeResponse(outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'password/reset/request',
    summary: 'Mails a link that sets a new password; the same answer for every address',
    access: 'anyone',
    body: { email: 'text' },
    answer: { status: 202, shape: 'accepted' },
    errors: ['too_many_attempts'],
    feature: 'mail',
    async handle({ torii, info }, { email }) {
      const outcome = await torii.password.reset.request(email, info)
      return outcome.ok ? accepted() : outcomeResponse(outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'password/reset/complete',
    summary: 'Sets a new password by a mailed link; every session ends',
    access: 'anyone',
    body: { token: 'text', password: 'text' },
    answer: { status: 204, shape: null },
    errors: ['invalid_token', 'password_rejected', 'busy'],
    feature: 'mail',
    form: 'signIn',
    async handle({ torii, info }, input) {
      const outcome = await torii.password.reset.complete(input, info)
      return outcome.ok ? noContent() : outcomeResponse(outcome)
    },
  }),
]
