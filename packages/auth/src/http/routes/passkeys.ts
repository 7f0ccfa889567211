import type { Passkey } from 'torii-core'
import { outcomeResponse } from '../response/outcome-response.js'
import { noContent, signedIn } from '../response/respond.js'
import type { Call } from './route.js'
import { defineRoute } from './route.js'

/** A passkey as its owner may see it. */
const passkeyAnswer = ({ id, name, createdAt, lastUsedAt, backedUp }: Passkey) => ({
  id,
  name,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
  backedUp,
})

/** Passkeys: ceremonies of two requests each, and the list. */
export const passkeyRoutes = [
  defineRoute({
    method: 'POST',
    path: 'passkeys/register/options',
    summary: 'Options for a new passkey',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'challenge' },
    errors: ['reauthentication_required', 'too_many', 'too_many_attempts'],
    feature: 'passkey',
    async handle({ torii, valid, info }) {
      const started = await torii.passkey.registerOptions(valid, info)
      if (!started.ok) return outcomeResponse(started)
      const { challengeId, options } = started
      return Response.json({ challengeId, options })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'passkeys/register/verify',
    summary: 'Keeps the passkey that answers',
    access: 'signed in',
    body: { challengeId: 'text', response: 'object', name: 'optional text' },
    answer: { status: 201, shape: 'passkey' },
    errors: [
      'already_exists',
      'invalid_token',
      'passkey_rejected',
      'reauthentication_required',
      'too_many',
    ],
    feature: 'passkey',
    async handle({ torii, valid, info }, { challengeId, response, name }) {
      const named = typeof name === 'string' ? { name } : {}
      const input = { challengeId, response, ...named }
      const outcome = await torii.passkey.register(valid, input, info)
      if (!outcome.ok) return outcomeResponse(outcome)
      return Response.json({ passkey: passkeyAnswer(outcome.passkey) }, { status: 201 })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'passkeys/authenticate/options',
    summary: 'Options for signing in, or for proving again who is signed in',
    access: 'anyone',
    body: { email: 'optional text', purpose: 'optional text' },
    answer: { status: 200, shape: 'challenge' },
    errors: ['not_found', 'too_many_attempts', 'unauthenticated'],
    feature: 'passkey',
    async handle(call, { email, purpose }) {
      const { torii, info } = call
      const started =
        purpose === 'reauthenticate'
          ? await reauthenticationOptions(call)
          : await torii.passkey.authenticateOptions(email == null ? {} : { email }, info)
      if (!started.ok) return outcomeResponse(started)
      const { challengeId, options } = started
      return Response.json({ challengeId, options })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'passkeys/authenticate/verify',
    summary: 'Signs in by a passkey',
    access: 'anyone',
    body: { challengeId: 'text', response: 'object' },
    answer: { status: 200, shape: 'user and session' },
    errors: ['invalid_credentials'],
    feature: 'passkey',
    async handle(call, input) {
      const outcome = await call.torii.passkey.authenticate(input, call.info)
      return outcome.ok ? signedIn(call, 200, outcome) : outcomeResponse(outcome)
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'passkeys',
    summary: 'The passkeys of the person',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'passkeys' },
    errors: [],
    feature: 'passkey',
    async handle({ torii, valid }) {
      const passkeys = await torii.passkey.list(valid)
      return Response.json({ passkeys: passkeys.map(passkeyAnswer) })
    },
  }),
  defineRoute({
    method: 'PATCH',
    path: 'passkeys/:id',
    summary: 'Gives a passkey another name',
    access: 'signed in',
    body: { name: 'text' },
    answer: { status: 200, shape: 'passkey' },
    errors: [],
    feature: 'passkey',
    async handle({ torii, valid, info, param }, { name }) {
      const outcome = await torii.passkey.rename(valid, param, name, info)
      if (!outcome.ok) return outcomeResponse(outcome)
      return Response.json({ passkey: passkeyAnswer(outcome.passkey) })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'passkeys/:id',
    summary: 'Deletes a passkey, unless it is the last way in',
    access: 'signed in',
    body: null,
    answer: { status: 204, shape: null },
    errors: ['last_method', 'reauthentication_required'],
    feature: 'passkey',
    async handle({ torii, valid, info, param }) {
      const outcome = await torii.passkey.delete(valid, param, info)
      return outcome.ok ? noContent() : outcomeResponse(outcome)
    },
  }),
]

/** The options of a proof belong to the session that asks for it. */
async function reauthenticationOptions({ torii, info, credentials }: Call) {
  const { token } = credentials
  const valid = token === null ? null : await torii.sessions.validate(token)
  if (valid === null) return { ok: false, reason: 'stale' } as const
  return torii.passkey.reauthenticateOptions(valid, info)
}
