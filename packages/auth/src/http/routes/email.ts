import { linkPaths } from '../../base/paths.js'
import { changeEmailBody, emailBody, verifyEmailBody } from '../schema/request-bodies.js'
import { acceptedSchema, signInSchema } from '../schema/response-bodies.js'
import { mailRequestRoute } from './mail-request.js'
import { accepted, noContent, refused } from './results.js'
import { defineRoute } from './route.js'
import { signedIn, signInRefused } from './sign-in-result.js'

/** Verification of the email address, and its change. */
export const emailRoutes = [
  mailRequestRoute({
    path: 'email/verify/request',
    summary: 'Mails another verification link; the same response for every email address',
    request: (torii, email, info) => torii.email.requestVerification(email, info),
  }),
  defineRoute({
    method: 'POST',
    path: linkPaths.verify_email.action,
    summary: 'Verifies the email address; signs in with the password or a new one',
    access: 'anyone',
    body: verifyEmailBody,
    responses: { 200: signInSchema, 204: null },
    errors: [
      'invalid_credentials',
      'invalid_token',
      'password_rejected',
      'refused_by_application',
      'second_factor_required',
      'too_many_attempts',
      'busy',
    ],
    feature: 'mail',
    form: { purpose: 'verify_email', next: 'signedIn' },
    async handle(call, { token, password = null, newPassword = null, remember }) {
      const { token: held } = call.tokens
      const valid = held === null ? null : await call.torii.sessions.validate(held)
      const input = { token, password, newPassword, remember, valid, nonce: call.nonce }
      const outcome = await call.torii.email.verify(input, call.info)
      if (!outcome.ok)
        return signInRefused(call, outcome, {
          texts: { invalid_credentials: 'incorrect_password' },
          passwordField: 'newPassword',
        })
      return outcome.token === null ? noContent({ next: 'signIn' }) : signedIn(call, 200, outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'email/change/request',
    summary: 'Mails a confirmation link to the new email address',
    access: 'signed in',
    body: emailBody,
    responses: { 202: acceptedSchema },
    errors: ['reauthentication_required', 'too_many_attempts'],
    feature: 'mail',
    async handle({ torii, valid, info }, { email }) {
      const outcome = await torii.email.requestChange(valid, email, info)
      return outcome.ok ? accepted() : refused(outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: linkPaths.change_email.action,
    summary: 'Changes the email address with the token of a link and ends the other sessions',
    access: 'signed in',
    body: changeEmailBody,
    responses: { 204: null },
    errors: ['email_taken', 'invalid_token', 'level_required'],
    feature: 'mail',
    form: { purpose: 'change_email', next: 'account' },
    async handle({ torii, valid, info, nonce }, { token }) {
      const outcome = await torii.email.completeChange(valid, token, info, nonce)
      // The page of a link has no field for a code.
      return outcome.ok
        ? noContent()
        : refused(outcome, { texts: { level_required: 'email_change_waits' } })
    },
  }),
]
