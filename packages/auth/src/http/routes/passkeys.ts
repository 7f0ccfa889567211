import { passkeyRegistrationPath, passkeyStartPath } from '../../base/paths.js'
import { serializePasskey } from '../response/serializers.js'
import {
  passkeyOptionsBody,
  passkeySignInBody,
  registerPasskeyBody,
  renamePasskeyBody,
  startPasskeyBody,
} from '../schema/request-bodies.js'
import {
  challengeSchema,
  passkeyRegisteredSchema,
  passkeySchema,
  passkeySignalsSchema,
  passkeysSchema,
  signInSchema,
} from '../schema/response-bodies.js'
import { failure, noContent, refused, success } from './results.js'
import type { Call } from './route.js'
import { defineRoute } from './route.js'
import { enrollmentRefused, openedSession, signedIn, signInRefused } from './sign-in-result.js'

/** Registration and sign-in with a passkey, two requests each, and the list of passkeys. */
export const passkeyRoutes = [
  defineRoute({
    method: 'POST',
    path: passkeyStartPath,
    summary: 'Starts passkey registration',
    access: 'signed in',
    body: startPasskeyBody,
    responses: { 200: challengeSchema },
    errors: [
      'email_code_required',
      'invalid_code',
      'invalid_token',
      'reauthentication_required',
      'too_many',
      'too_many_attempts',
    ],
    feature: 'passkey',
    async handle({ torii, valid, info }) {
      const started = await torii.passkey.registerOptions(valid, info)
      if (!started.ok) return refused(started, { texts: limits })
      const { challengeId, options } = started
      return success(200, { challengeId, options })
    },
    async handleEnrolling(call, token, { emailCode }) {
      const input = { token, emailCode: emailCode ?? undefined }
      const started = await call.torii.secondFactors.startPasskeyAtSignIn(input, call.info)
      if (!started.ok) return enrollmentRefused(call, started)
      const { challengeId, options } = started
      return success(200, { challengeId, options })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'passkeys/upgrade/options',
    summary: 'Starts passkey registration in the background, after a sign-in by password',
    access: 'signed in',
    body: null,
    responses: { 200: challengeSchema },
    errors: [
      'password_sign_in_required',
      'reauthentication_required',
      'too_many',
      'too_many_attempts',
    ],
    feature: 'passkey',
    async handle({ torii, valid, info }) {
      const started = await torii.passkey.upgradeOptions(valid, info)
      if (!started.ok) return refused(started, { texts: limits })
      const { challengeId, options } = started
      return success(200, { challengeId, options })
    },
  }),
  defineRoute({
    method: 'POST',
    path: passkeyRegistrationPath,
    summary: 'Completes passkey registration',
    access: 'signed in',
    body: registerPasskeyBody,
    responses: { 201: passkeyRegisteredSchema },
    errors: [
      'already_exists',
      'invalid_token',
      'passkey_rejected',
      'password_sign_in_required',
      'reauthentication_required',
      'too_many',
      'too_many_attempts',
    ],
    feature: 'passkey',
    form: { purpose: 'second_factor', next: 'signedIn' },
    async handle({ torii, valid, info }, { challengeId, response, name }) {
      const named = typeof name === 'string' ? { name } : {}
      const outcome = await torii.passkey.register(valid, { challengeId, response, ...named }, info)
      if (!outcome.ok) return refused(outcome, { texts: limits })
      return success(201, { passkey: serializePasskey(outcome.passkey) })
    },
    async handleEnrolling(call, token, { challengeId, response, name }) {
      const named = typeof name === 'string' ? { name } : {}
      const input = { token, challengeId, response, ...named }
      const registered = await call.torii.secondFactors.registerPasskeyAtSignIn(input, call.info)
      if (!registered.ok)
        return refused(registered, { texts: { ...limits, invalid_token: 'enrollment_expired' } })
      const { body, setCookies } = await openedSession(call, registered)
      const passkey = serializePasskey(registered.passkey)
      return success(201, { passkey, ...body }, { setCookies })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'passkeys/authenticate/options',
    summary: 'Starts a sign-in or a re-authentication with a passkey',
    access: 'anyone',
    body: passkeyOptionsBody,
    responses: { 200: challengeSchema },
    errors: ['not_found', 'refused_by_application', 'too_many_attempts', 'unauthenticated'],
    feature: 'passkey',
    async handle(call, { email, purpose }) {
      const { torii, info } = call
      const started =
        purpose === 'reauthenticate'
          ? await reauthenticationOptions(call)
          : await torii.passkey.authenticateOptions(email == null ? {} : { email }, info)
      if (started === null) return failure({ error: 'unauthenticated' })
      if (!started.ok) return refused(started, { texts: { not_found: 'no_passkey' } })
      const { challengeId, options } = started
      return success(200, { challengeId, options })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'passkeys/authenticate/verify',
    summary: 'Signs in with a passkey',
    access: 'anyone',
    body: passkeySignInBody,
    responses: { 200: signInSchema },
    errors: [
      'invalid_credentials',
      'refused_by_application',
      'second_factor_required',
      'too_many_attempts',
    ],
    feature: 'passkey',
    async handle(call, input) {
      const outcome = await call.torii.passkey.authenticate(input, call.info)
      if (outcome.ok) return signedIn(call, 200, outcome)
      return signInRefused(call, outcome, { texts: { invalid_credentials: 'passkey_rejected' } })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'passkeys',
    summary: 'Lists the passkeys of the user',
    access: 'signed in',
    body: null,
    responses: { 200: passkeysSchema },
    errors: [],
    feature: 'passkey',
    async handle({ torii, valid }) {
      const passkeys = await torii.passkey.list(valid)
      return success(200, { passkeys: passkeys.map(serializePasskey) })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'passkeys/signals',
    summary:
      'Returns what the page signals to authenticators: the accepted passkeys and the name of the user',
    access: 'signed in',
    body: null,
    responses: { 200: passkeySignalsSchema },
    errors: ['conflict'],
    feature: 'passkey',
    async handle({ torii, valid }) {
      const signals = await torii.passkey.signals(valid)
      if (!signals.ok) return refused(signals)
      const { rpId, userIds, name, displayName, credentialIds } = signals
      return success(200, { rpId, userIds, name, displayName, credentialIds })
    },
  }),
  defineRoute({
    method: 'PATCH',
    path: 'passkeys/:id',
    summary: 'Renames a passkey',
    access: 'signed in',
    body: renamePasskeyBody,
    responses: { 200: passkeySchema },
    errors: ['too_many_attempts'],
    feature: 'passkey',
    async handle({ torii, valid, info, param }, { name }) {
      const outcome = await torii.passkey.rename(valid, param, name, info)
      if (!outcome.ok) return refused(outcome)
      return success(200, { passkey: serializePasskey(outcome.passkey) })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'passkeys/:id',
    summary: 'Deletes a passkey, unless it is the only sign-in method',
    access: 'signed in',
    body: null,
    responses: { 204: null },
    errors: ['last_method', 'reauthentication_required'],
    feature: 'passkey',
    async handle({ torii, valid, info, param }) {
      const outcome = await torii.passkey.delete(valid, param, info)
      return outcome.ok ? noContent() : refused(outcome)
    },
  }),
]

const limits = {
  already_exists: 'passkey_exists',
  too_many: 'too_many_passkeys',
} as const

/** The challenge of a re-authentication belongs to the session of the request. */
async function reauthenticationOptions({ torii, info, tokens }: Call) {
  const { token } = tokens
  const valid = token === null ? null : await torii.sessions.validate(token)
  return valid === null ? null : torii.passkey.reauthenticateOptions(valid, info)
}
