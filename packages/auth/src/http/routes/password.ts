import { linkPaths } from '../../base/paths.js'
import {
  changePasswordBody,
  passwordSignInBody,
  registerBody,
  resetPasswordBody,
  setPasswordBody,
} from '../schema/request-bodies.js'
import { acceptedSchema, signInSchema } from '../schema/response-bodies.js'
import { mailRequestRoute } from './mail-request.js'
import { accepted, noContent, refused } from './results.js'
import { defineRoute } from './route.js'
import { deviceCookies, signedIn, signInRefused } from './sign-in-result.js'

/** Registration and sign-in with a password, and the password itself. */
export const passwordRoutes = [
  defineRoute({
    method: 'POST',
    path: 'password/register',
    summary: 'Creates an account; mails a verification link, or signs in where none is required',
    access: 'anyone',
    body: registerBody,
    responses: { 201: signInSchema, 202: acceptedSchema },
    errors: [
      'email_taken',
      'fields_rejected',
      'password_rejected',
      'refused_by_application',
      'too_many_attempts',
      'busy',
    ],
    async handle(call, { email, password, name, remember, fields = null }) {
      const profile = name === undefined ? {} : { name }
      const input = { email, password, remember, fields, ...profile }
      const made = await call.torii.password.register(input, call.info)
      if (made.ok) return made.session === null ? accepted() : signedIn(call, 201, made)
      // Where email addresses are verified, the answer is the same for all; the owner gets a mail.
      const isSecret = made.reason === 'email_taken' && call.torii.options.requireVerifiedEmail
      return isSecret ? accepted() : refused(made)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'password/authenticate',
    summary: 'Signs in with an email address and a password',
    access: 'anyone',
    body: passwordSignInBody,
    responses: { 200: signInSchema },
    errors: [
      'invalid_credentials',
      'refused_by_application',
      'second_factor_required',
      'too_many_attempts',
      'busy',
    ],
    async handle(call, input) {
      const outcome = await call.torii.password.authenticate(input, call.info)
      return outcome.ok ? signedIn(call, 200, outcome) : signInRefused(call, outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'password/change',
    summary: 'Changes the password and ends the other sessions',
    access: 'signed in',
    body: changePasswordBody,
    responses: { 204: null },
    errors: [
      'invalid_credentials',
      'level_required',
      'password_rejected',
      'too_many_attempts',
      'busy',
    ],
    async handle({ torii, valid, info }, passwords) {
      const outcome = await torii.password.change(valid, passwords, info)
      const texts = { invalid_credentials: 'incorrect_current_password' } as const
      return outcome.ok ? noContent() : refused(outcome, { passwordField: 'newPassword', texts })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'password/set',
    summary: 'Sets the first password of an account',
    access: 'signed in',
    body: setPasswordBody,
    responses: { 204: null },
    errors: [
      'already_exists',
      'password_rejected',
      'reauthentication_required',
      'too_many_attempts',
      'busy',
    ],
    async handle({ torii, valid, info }, passwords) {
      const outcome = await torii.password.set(valid, passwords, info)
      const texts = { already_exists: 'password_exists' } as const
      return outcome.ok ? noContent() : refused(outcome, { passwordField: 'newPassword', texts })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'password',
    summary: 'Removes the password and ends the other sessions',
    access: 'signed in',
    body: null,
    responses: { 204: null },
    errors: ['last_method', 'not_found', 'reauthentication_required'],
    async handle({ torii, valid, info }) {
      const outcome = await torii.password.remove(valid, info)
      return outcome.ok ? noContent() : refused(outcome)
    },
  }),
  mailRequestRoute({
    path: 'password/reset/request',
    summary: 'Mails a password reset link; the same response for every email address',
    request: (torii, email, info) => torii.password.reset.request(email, info),
  }),
  defineRoute({
    method: 'POST',
    path: linkPaths.reset_password.action,
    summary: 'Sets a new password with the token of a reset link and ends every session',
    access: 'anyone',
    body: resetPasswordBody,
    responses: { 204: null },
    errors: ['invalid_token', 'password_rejected', 'too_many_attempts', 'busy'],
    feature: 'mail',
    form: { purpose: 'reset_password', next: 'signIn' },
    async handle(call, { token, password, ...rest }) {
      const removeOtherSignInMethods = rest.removeOtherSignInMethods ?? false
      const input = { token, password, removeOtherSignInMethods, nonce: call.nonce }
      const outcome = await call.torii.password.reset.complete(input, call.info)
      if (!outcome.ok) return refused(outcome)
      return noContent({ setCookies: deviceCookies(call, outcome.email) })
    },
  }),
]
