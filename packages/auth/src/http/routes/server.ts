import { cookieName } from '../request/cookie.js'
import { anySchema, healthSchema } from '../schema/response-bodies.js'
import { describeApi } from './openapi.js'
import { success } from './results.js'
import type { Route } from './route.js'
import { defineRoute } from './route.js'

/** Routes about the server itself. `allRoutes` is called when the document is requested. */
export const serverRoutes = (allRoutes: () => readonly Route[]) => [
  defineRoute({
    method: 'GET',
    path: 'health',
    summary: 'Checks that the database can be reached',
    access: 'anyone',
    body: null,
    responses: { 200: healthSchema, 503: healthSchema },
    errors: [],
    async handle({ torii }) {
      const health = await torii.health()
      if (!health.connected)
        return success(503, { status: 'unavailable', schemaVersion: null, readOnly: null })
      const { schemaVersion, readOnly } = health
      return success(200, { status: 'ok', schemaVersion, readOnly })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'openapi.json',
    summary: 'Returns the OpenAPI document',
    access: 'anyone',
    body: null,
    responses: { 200: anySchema },
    errors: [],
    async handle({ torii }) {
      const { baseUrl, basePath, cookie } = torii.options
      const site = { origin: baseUrl.origin, basePath, cookieName: cookieName(cookie) }
      return success(200, describeApi(allRoutes(), site))
    },
  }),
]
