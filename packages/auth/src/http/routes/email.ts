import { outcomeResponse } from '../response/outcome-response.js'
import { accepted, noContent, signedIn } from '../response/respond.js'
import { defineRoute } from './route.js'

/** Proving an address, and moving to another one. */
export const emailRoutes = [
  defineRoute({
    method: 'POST',
    path: 'email/verify/request',
    summary: 'Mails the link again that verifies an address; the same answer for every address',
    access: 'anyone',
    body: { email: 'text' },
    answer: { status: 202, shape: 'accepted' },
    errors: ['too_many_attempts'],
    feature: 'mail',
    async handle({ torii, info }, { email }) {
      const outcome = await torii.email.requestVerification(email, info)
      return outcome.ok ? accepted() : outcomeResponse(outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'email/verify',
    summary: 'Verifies an address; with the password it signs in, without it answers 204',
    access: 'anyone',
    body: { token: 'text', password: 'optional text' },
    answer: { status: 200, shape: 'user and session' },
    alternative: { status: 204, shape: null },
    errors: ['invalid_token', 'password_rejected', 'busy'],
    feature: 'mail',
    form: 'signedIn',
    async handle(call, { token, password = null }) {
      const { token: held } = call.credentials
      const valid = held === null ? null : await call.torii.sessions.validate(held)
      const outcome = await call.torii.email.verify({ token, password, valid }, call.info)
      if (!outcome.ok) return outcomeResponse(outcome)
      return outcome.token === null ? noContent() : signedIn(call, 200, outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'email/change/request',
    summary: 'Mails a link to the new address, which then becomes the account’s',
    access: 'signed in',
    body: { email: 'text' },
    answer: { status: 202, shape: 'accepted' },
    errors: ['reauthentication_required', 'too_many_attempts'],
    feature: 'mail',
    async handle({ torii, valid, info }, { email }) {
      const outcome = await torii.email.requestChange(valid, email, info)
      return outcome.ok ? accepted() : outcomeResponse(outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'email/change/complete',
    summary: 'Moves the account to the new address; other sessions end',
    access: 'signed in',
    body: { token: 'text' },
    answer: { status: 204, shape: null },
    errors: ['email_taken', 'invalid_token'],
    feature: 'mail',
    form: 'account',
    async handle({ torii, valid, info }, { token }) {
      const outcome = await torii.email.completeChange(valid, token, info)
      return outcome.ok ? noContent() : outcomeResponse(outcome)
    },
  }),
]
