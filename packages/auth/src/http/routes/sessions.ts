import { parseSessionId } from 'torii-core'
import { clearedCookie, sessionCookie } from '../request/cookie.js'
import { sessionAnswer, userAnswer } from '../response/answers.js'
import { errorResponse } from '../response/errors.js'
import { outcomeResponse } from '../response/outcome-response.js'
import { noContent } from '../response/respond.js'
import type { SignedInCall } from './route.js'
import { defineRoute } from './route.js'

/** The sessions of the person who is signed in. */
export const sessionRoutes = [
  defineRoute({
    method: 'GET',
    path: 'session',
    summary: 'Who is signed in, and in which session',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'user and session' },
    errors: [],
    async handle({ valid: { user, session } }) {
      return Response.json({ user: userAnswer(user), session: sessionAnswer(session, true) })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'sessions',
    summary: 'All live sessions of the person, last used first',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'sessions' },
    errors: [],
    async handle({ torii, valid }) {
      const sessions = await torii.sessions.list(valid)
      const answer = sessions.map((session) =>
        sessionAnswer(session, session.id === valid.session.id),
      )
      return Response.json({ sessions: answer })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'sessions/:id',
    summary: 'Ends one session of the person',
    access: 'signed in',
    body: null,
    answer: { status: 204, shape: null },
    errors: ['not_found'],
    async handle({ torii, valid, param: id }) {
      // One spelling per id: another would be a second path to the same session.
      const known = parseSessionId(id) === id && (await torii.sessions.revoke(valid, id))
      return known ? noContent() : errorResponse({ error: 'not_found' })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'sessions/revoke-others',
    summary: 'Ends every session of the person but this one',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'revoked' },
    errors: [],
    async handle({ torii, valid }) {
      const outcome = await torii.sessions.revokeOthers(valid)
      if (outcome.ok) return Response.json({ revoked: outcome.revoked })
      return errorResponse({ error: 'unauthenticated' })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'reauthenticate',
    summary: 'Proves again who asks, by the password or a passkey',
    access: 'signed in',
    body: {
      password: 'optional text',
      challengeId: 'optional text',
      response: 'optional object',
    },
    answer: { status: 204, shape: null },
    errors: ['invalid_credentials', 'too_many_attempts', 'busy'],
    handle: (call, fields) => reauthenticate(call, fields),
  }),
  defineRoute({
    method: 'POST',
    path: 'token',
    summary:
      'A second session for a client that cannot hold a cookie; the only answer with a token in it',
    access: 'signed in',
    body: null,
    answer: { status: 201, shape: 'token' },
    errors: ['reauthentication_required'],
    async handle({ torii, valid, info }) {
      const outcome = await torii.sessions.derive(valid, info)
      if (!outcome.ok) return outcomeResponse(outcome)
      const session = sessionAnswer(outcome.session, false)
      return Response.json({ token: outcome.token.reveal(), session }, { status: 201 })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'token/jwt',
    summary: 'A short-lived token for services that have the public keys',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'jwt' },
    errors: [],
    feature: 'jwt',
    async handle({ torii, valid }) {
      const { jwt, expiresAt } = await torii.jwt.mint(valid)
      return Response.json({ jwt: jwt.reveal(), expiresAt: expiresAt.toISOString() })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'jwks',
    summary: 'The public keys of those tokens',
    access: 'anyone',
    body: null,
    answer: { status: 200, shape: 'jwks' },
    errors: [],
    feature: 'jwt',
    async handle({ torii }) {
      return Response.json(await torii.jwt.keys())
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'sign-out',
    summary: 'Ends the session that asks, if there is one, and takes the cookie away',
    access: 'anyone',
    body: null,
    answer: { status: 204, shape: null },
    errors: [],
    async handle({ torii, credentials }) {
      // The cookie is taken away, so its session ends too when a bearer token was the one that decided.
      for (const token of new Set([credentials.token, credentials.cookie]))
        if (token !== null) await torii.sessions.signOut(token)
      const headers = { 'set-cookie': clearedCookie(torii.options.baseUrl) }
      return new Response(null, { status: 204, headers })
    },
  }),
]

interface ProofFields {
  readonly password: string | null | undefined
  readonly challengeId: string | null | undefined
  readonly response: object | null | undefined
}

/** The cookie's token is exchanged for a new one; a bearer keeps its own. @see OWASP ASVS 5.0, 7.2.4 */
async function reauthenticate(
  { torii, valid, info, credentials }: SignedInCall,
  { password, challengeId, response }: ProofFields,
): Promise<Response> {
  const held = { token: credentials.token ?? '', rotate: credentials.token === credentials.cookie }
  const prove = () => {
    if (password != null) return torii.sessions.reauthenticate(valid, { password, ...held }, info)
    if (challengeId == null || response == null) return null
    return torii.passkey.reauthenticate(valid, { challengeId, response, ...held }, info)
  }
  const outcome = await prove()
  if (outcome === null) {
    const message = 'Send password, or challengeId and response.'
    return errorResponse({ error: 'invalid_input', field: 'password', message })
  }
  if (!outcome.ok) return outcomeResponse(outcome)
  if (!held.rotate) return noContent()
  const cookie = sessionCookie(torii.options.baseUrl, outcome.session, outcome.token)
  return new Response(null, { status: 204, headers: { 'set-cookie': cookie } })
}
