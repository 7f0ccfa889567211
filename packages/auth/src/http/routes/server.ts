import { cookieName } from '../request/cookie.js'
import { describeApi } from '../response/openapi.js'
import type { Route } from './route.js'
import { defineRoute } from './route.js'

/** What is asked of the server itself. `allRoutes` is called when the document is asked for. */
export const serverRoutes = (allRoutes: () => readonly Route[]) => [
  defineRoute({
    method: 'GET',
    path: 'health',
    summary: 'Whether people can sign in: 200, or 503',
    access: 'anyone',
    body: null,
    answer: { status: 200, shape: 'health' },
    errors: [],
    async handle({ torii }) {
      const health = await torii.health()
      if (!health.connected)
        return Response.json(
          { status: 'unavailable', schemaVersion: null, readOnly: null },
          { status: 503 },
        )
      const { schemaVersion, readOnly } = health
      return Response.json({ status: 'ok', schemaVersion, readOnly })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'openapi.json',
    summary: 'This description',
    access: 'anyone',
    body: null,
    answer: { status: 200, shape: 'openapi' },
    errors: [],
    async handle({ torii }) {
      const { baseUrl } = torii.options
      const site = { origin: baseUrl.origin, cookieName: cookieName(baseUrl) }
      return Response.json(describeApi(allRoutes(), site))
    },
  }),
]
