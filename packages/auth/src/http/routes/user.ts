import { clearedCookie } from '../request/cookie.js'
import { serializeUser } from '../response/serializers.js'
import { profileBody } from '../schema/request-bodies.js'
import { anySchema, userSchema } from '../schema/response-bodies.js'
import { noContent, refused, success } from './results.js'
import { defineRoute } from './route.js'

/** The account of the signed-in user. */
export const userRoutes = [
  defineRoute({
    method: 'GET',
    path: 'user',
    summary: 'Returns the signed-in user',
    access: 'signed in',
    body: null,
    responses: { 200: userSchema },
    errors: [],
    async handle({ torii, valid }) {
      return success(200, { user: serializeUser(valid.user, torii.options) })
    },
  }),
  defineRoute({
    method: 'PATCH',
    path: 'user',
    summary: 'Changes name and picture; null removes them',
    access: 'signed in',
    body: profileBody,
    responses: { 200: userSchema },
    errors: ['too_many_attempts'],
    async handle({ torii, valid, info }, { name, picture }) {
      const changes = {
        ...(name === undefined ? {} : { name }),
        ...(picture === undefined ? {} : { picture }),
      }
      const outcome = await torii.users.update(valid, changes, info)
      if (!outcome.ok) return refused(outcome)
      return success(200, { user: serializeUser(outcome.user, torii.options) })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'user',
    summary: 'Deletes the account and everything that belongs to it',
    access: 'signed in',
    body: null,
    responses: { 204: null },
    errors: ['reauthentication_required'],
    async handle({ torii, valid, info }) {
      const outcome = await torii.users.delete(valid, info)
      const setCookies = [clearedCookie(torii.options.cookie)]
      return outcome.ok ? noContent({ setCookies }) : refused(outcome)
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'user/export',
    summary: 'Exports everything that is stored about the user',
    access: 'signed in',
    body: null,
    responses: { 200: anySchema },
    errors: ['reauthentication_required', 'too_many_attempts'],
    async handle({ torii, valid, info }) {
      const outcome = await torii.users.export(valid, info)
      return outcome.ok ? success(200, outcome.data) : refused(outcome)
    },
  }),
]
