import type { Refusal } from './errors.js'
import { passwordRoutes } from './password.js'
import type { Route } from './route.js'
import { sessionRoutes } from './sessions.js'

/** Where the routes lie under the base URL. */
export const basePath = '/auth'

/** Every route there is. Routing is done from this table, and nothing else knows a path. */
export const routes: readonly Route[] = [...passwordRoutes, ...sessionRoutes]

export type Match =
  | { readonly ok: true; readonly route: Route; readonly id: string }
  | { readonly ok: false; readonly refusal: Refusal }

/**
 * Finds the route of a path, compared byte by byte: no other spelling (`//`, `%2f`, `;`, upper case, a
 * slash at the end) is a route, so whatever stands in front of Torii sees the same routes as Torii.
 * HEAD is GET without the body. @see GHSA-x732-6j76-qmhm
 */
export function matchRoute(method: string, pathname: string): Match {
  const { candidates, id } = findCandidates(pathname)
  if (candidates.length === 0) return { ok: false, refusal: { error: 'not_found' } }
  const wanted = method === 'HEAD' ? 'GET' : method
  const route = candidates.find((candidate) => candidate.method === wanted)
  if (route !== undefined) return { ok: true, route, id }
  return { ok: false, refusal: { error: 'method_not_allowed', allow: allowedMethods(candidates) } }
}

const byPath = new Map(
  routes.map(({ path }) => [path, routes.filter((route) => route.path === path)]),
)
const noRoutes: readonly Route[] = []

/** The routes of the path itself; else those whose last segment is an id. */
function findCandidates(pathname: string): { candidates: readonly Route[]; id: string } {
  if (!pathname.startsWith(`${basePath}/`)) return { candidates: noRoutes, id: '' }
  const path = pathname.slice(basePath.length + 1)
  const exact = path.endsWith(':id') ? undefined : byPath.get(path)
  if (exact !== undefined) return { candidates: exact, id: '' }
  const slash = path.lastIndexOf('/')
  const id = path.slice(slash + 1)
  const candidates = id === '' ? undefined : byPath.get(`${path.slice(0, slash + 1)}:id`)
  return { candidates: candidates ?? noRoutes, id }
}

function allowedMethods(candidates: readonly Route[]): string {
  const methods = candidates.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method))
  return methods.join(', ')
}
