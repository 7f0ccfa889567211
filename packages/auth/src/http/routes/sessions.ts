import { InvalidInputError, parseSessionId } from 'torii-core'
import { clearedCookie, sessionCookie } from '../request/cookie.js'
import { findImportedCookie } from '../request/imported-cookie.js'
import { clearedPendingCookie, findPendingCookie } from '../request/pending-cookie.js'
import { serializeSession, serializeSignedIn } from '../response/serializers.js'
import type { ReauthenticateBody } from '../schema/request-bodies.js'
import { reauthenticateBody } from '../schema/request-bodies.js'
import {
  jwksSchema,
  jwtSchema,
  revokedSchema,
  sessionsSchema,
  signedInSchema,
  tokenSchema,
} from '../schema/response-bodies.js'
import { failure, noContent, refused, success } from './results.js'
import type { SignedInCall } from './route.js'
import { defineRoute } from './route.js'
import { codeOf, codeTexts, replacedToken } from './second-factors.js'

/** The sessions of the signed-in user, re-authentication, and tokens for other clients. */
export const sessionRoutes = [
  defineRoute({
    method: 'GET',
    path: 'session',
    summary: 'Returns the signed-in user and the current session',
    access: 'signed in',
    body: null,
    responses: { 200: signedInSchema },
    errors: [],
    async handle({ torii, valid }) {
      return success(200, serializeSignedIn(valid, torii.options))
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'sessions',
    summary: 'Lists the active sessions of the user, most recently used first',
    access: 'signed in',
    body: null,
    query: ['cursor'],
    responses: { 200: sessionsSchema },
    errors: ['invalid_input'],
    async handle(call) {
      const { valid } = call
      const page = await readPage(call, call.query.get('cursor'))
      if (page === null) {
        const message = 'Send the nextCursor of a page of this list.'
        return failure({ error: 'invalid_input', field: 'cursor', message })
      }
      const serialize = (session: (typeof page.sessions)[number]) =>
        serializeSession(session, session.id === valid.session.id)
      return success(200, { sessions: page.sessions.map(serialize), nextCursor: page.next })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'sessions/:id',
    summary: 'Revokes a session of the user',
    access: 'signed in',
    body: null,
    responses: { 204: null },
    errors: ['not_found'],
    async handle({ torii, valid, param: id }) {
      // One spelling per id: another one would be a second path to the same session.
      const known = parseSessionId(id) === id && (await torii.sessions.revoke(valid, id))
      return known ? noContent() : failure({ error: 'not_found' })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'sessions/revoke-others',
    summary: 'Revokes all sessions of the user except the current one',
    access: 'signed in',
    body: null,
    responses: { 200: revokedSchema },
    errors: ['too_many_attempts'],
    async handle({ torii, valid }) {
      const outcome = await torii.sessions.revokeOthers(valid)
      return outcome.ok ? success(200, { revoked: outcome.revoked }) : refused(outcome)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'reauthenticate',
    summary: 'Re-authenticates the user with the password, a passkey or a second factor',
    access: 'signed in',
    body: reauthenticateBody,
    responses: { 200: tokenSchema, 204: null },
    errors: ['invalid_code', 'invalid_credentials', 'too_many_attempts', 'busy'],
    handle: (call, body) => reauthenticate(call, body),
  }),
  defineRoute({
    method: 'POST',
    path: 'token',
    summary: 'Opens a second session for a client without cookies and returns its token',
    access: 'signed in',
    body: null,
    responses: { 201: tokenSchema },
    errors: ['reauthentication_required', 'refused_by_application', 'too_many_attempts'],
    async handle({ torii, valid, info }) {
      const outcome = await torii.sessions.derive(valid, info)
      if (!outcome.ok) return refused(outcome)
      const session = serializeSession(outcome.session, false)
      return success(201, { token: outcome.token.reveal(), session })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'token/jwt',
    summary: 'Issues a short-lived JWT for services that have the public keys',
    access: 'signed in',
    body: null,
    responses: { 200: jwtSchema },
    errors: [],
    feature: 'jwt',
    async handle({ torii, valid }) {
      const { jwt, expiresAt } = await torii.jwt.mint(valid)
      return success(200, { jwt: jwt.reveal(), expiresAt: expiresAt.toISOString() })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'jwks',
    summary: 'Returns the public keys that verify JWTs',
    access: 'anyone',
    body: null,
    responses: { 200: jwksSchema },
    errors: [],
    feature: 'jwt',
    async handle({ torii }) {
      return success(200, await torii.jwt.keys())
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'sign-out',
    summary: 'Ends the current session, if there is one, and deletes the cookie',
    access: 'anyone',
    body: null,
    responses: { 204: null },
    errors: [],
    async handle({ torii, tokens, headers }) {
      // The cookie is deleted, so its session ends too, even if a bearer token authenticated the request, or if there are two.
      for (const token of new Set([tokens.token, ...tokens.cookies]))
        if (token !== null) await torii.sessions.signOut(token)
      const { cookie: site, importedSessions } = torii.options
      const imported = findImportedCookie(headers, importedSessions)
      if (imported !== null) await torii.sessions.endImported(imported)
      const pending = findPendingCookie(headers, site)
      if (pending === null) return noContent({ setCookies: [clearedCookie(site)] })
      await torii.secondFactors.cancelPending(pending)
      return noContent({ setCookies: [clearedCookie(site), clearedPendingCookie(site)] })
    },
  }),
]

/** Reads a page of the sessions; null if the cursor is none. */
async function readPage({ torii, valid }: SignedInCall, cursor: string | null) {
  try {
    return await torii.sessions.listPage(valid, cursor === null ? {} : { after: cursor })
  } catch (error) {
    if (error instanceof InvalidInputError) return null
    throw error
  }
}

const oneProof = {
  error: 'invalid_input',
  field: 'password',
  message: 'Send one of password, challengeId with response, code and recoveryCode.',
} as const

/**
 * Replaces the token of a cookie; a bearer token stays the same, except that a second factor, which raises the level, replaces
 * it too. @see OWASP ASVS 5.0, 7.2.4
 */
async function reauthenticate(
  call: SignedInCall,
  { password, challengeId, response, code, recoveryCode }: ReauthenticateBody,
) {
  const { torii, valid, info, tokens } = call
  const presented = { token: tokens.token ?? '' }
  const passkeyAnswer = challengeId == null && response == null ? null : { challengeId, response }
  const sent = [password, code, recoveryCode, passkeyAnswer].filter((proof) => proof != null)
  if (sent.length !== 1) return failure(oneProof)
  const factor = codeOf(code ?? null, recoveryCode ?? null)
  if (factor !== null) {
    const outcome = await torii.secondFactors.reauthenticate(
      valid,
      { ...factor, ...presented },
      info,
    )
    return outcome.ok
      ? replacedToken(call, outcome)
      : refused(outcome, { texts: codeTexts(factor) })
  }
  const held = { ...presented, rotate: tokens.token === tokens.cookie }
  const authenticate = () => {
    if (password != null) return torii.sessions.reauthenticate(valid, { password, ...held }, info)
    if (challengeId == null || response == null) return null
    return torii.passkey.reauthenticate(valid, { challengeId, response, ...held }, info)
  }
  const outcome = await authenticate()
  if (outcome === null) return failure(oneProof)
  if (!outcome.ok) {
    const text = password == null ? 'passkey_rejected' : 'incorrect_password'
    return refused(outcome, { texts: { invalid_credentials: text } })
  }
  if (!held.rotate) return noContent()
  const { session, token } = outcome
  return noContent({ setCookies: [sessionCookie(torii.options, session, token)] })
}
