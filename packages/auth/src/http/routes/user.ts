import { clearedCookie } from '../request/cookie.js'
import { userAnswer } from '../response/answers.js'
import { outcomeResponse } from '../response/outcome-response.js'
import { defineRoute } from './route.js'

/** The person's own account. */
export const userRoutes = [
  defineRoute({
    method: 'GET',
    path: 'user',
    summary: 'The account of whoever asks',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'user' },
    errors: [],
    async handle({ valid }) {
      return Response.json({ user: userAnswer(valid.user) })
    },
  }),
  defineRoute({
    method: 'PATCH',
    path: 'user',
    summary: 'Changes name and picture; null takes them away',
    access: 'signed in',
    body: { name: 'optional text', picture: 'optional text' },
    answer: { status: 200, shape: 'user' },
    errors: [],
    async handle({ torii, valid, info }, { name, picture }) {
      const changes = {
        ...(name === undefined ? {} : { name }),
        ...(picture === undefined ? {} : { picture }),
      }
      const outcome = await torii.users.update(valid, changes, info)
      return outcome.ok
        ? Response.json({ user: userAnswer(outcome.user) })
        : outcomeResponse(outcome)
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'user',
    summary: 'Deletes the account with everything that belongs to it',
    access: 'signed in',
    body: null,
    answer: { status: 204, shape: null },
    errors: ['reauthentication_required'],
    async handle({ torii, valid, info }) {
      const outcome = await torii.users.delete(valid, info)
      if (!outcome.ok) return outcomeResponse(outcome)
      const headers = { 'set-cookie': clearedCookie(torii.options.baseUrl) }
      return new Response(null, { status: 204, headers })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'user/export',
    summary: 'Everything that is kept of the person',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'user export' },
    errors: ['reauthentication_required'],
    async handle({ torii, valid, info }) {
      const outcome = await torii.users.export(valid, info)
      return outcome.ok ? Response.json(outcome.data) : outcomeResponse(outcome)
    },
  }),
]
