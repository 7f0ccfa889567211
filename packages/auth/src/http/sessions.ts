import { parseSessionId } from 'torii-core'
import { sessionAnswer, userAnswer } from './answers.js'
import { clearedCookie } from './cookie.js'
import { refuse } from './errors.js'
import { defineRoute } from './route.js'

const noContent = (): Response => new Response(null, { status: 204 })

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
    async handle({ torii, valid, id }) {
      // One spelling per id: another would be a second path to the same session.
      const known = parseSessionId(id) === id && (await torii.sessions.revoke(valid, id))
      return known ? noContent() : refuse({ error: 'not_found' })
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
      return refuse({ error: 'unauthenticated' })
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
