import type { ApiError } from '../response/errors.js'
import type { Route } from './route.js'

/** Where the routes lie under the base URL. */
export const basePath = '/auth'

export type Match =
  | { readonly ok: true; readonly route: Route; readonly param: string }
  | { readonly ok: false; readonly error: ApiError }

/** Finds the route of a path. */
export type Router = (method: string, pathname: string) => Match

/**
 * Routes over a table. A path is compared byte by byte: no other spelling (`//`, `%2f`, `;`, upper case, a
 * slash at the end) is a route, so whatever stands in front of Torii sees the same routes as Torii.
 * HEAD is GET without the body. @see GHSA-x732-6j76-qmhm
 */
export function createRouter(routes: readonly Route[]): Router {
  const byForm = new Map<string, Route[]>()
  for (const route of routes) {
    const form = route.path.replace(/:[a-z]+/, '*')
    byForm.set(form, [...(byForm.get(form) ?? []), route])
  }
  return (method, pathname) => {
    const { candidates, param } = findCandidates(byForm, pathname)
    if (candidates.length === 0) return { ok: false, error: { error: 'not_found' } }
    const wanted = method === 'HEAD' ? 'GET' : method
    const route = candidates.find((candidate) => candidate.method === wanted)
    if (route !== undefined) return { ok: true, route, param }
    const allow = allowedMethods(candidates)
    return { ok: false, error: { error: 'method_not_allowed', allow } }
  }
}

interface Candidates {
  candidates: readonly Route[]
  param: string
}

/** The routes of the path itself; else those that have a parameter in the place of one segment. */
function findCandidates(byForm: ReadonlyMap<string, Route[]>, pathname: string): Candidates {
  const nothing = { candidates: [], param: '' }
  if (!pathname.startsWith(`${basePath}/`) || pathname.includes('*')) return nothing
  const path = pathname.slice(basePath.length + 1)
  const exact = byForm.get(path)
  if (exact !== undefined) return { candidates: exact, param: '' }
  const segments = path.split('/')
  for (const [at, param] of segments.entries()) {
    const candidates = param === '' ? undefined : byForm.get(segments.with(at, '*').join('/'))
    if (candidates !== undefined) return { candidates, param }
  }
  return nothing
}

function allowedMethods(candidates: readonly Route[]): string {
  const methods = candidates.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method))
  return methods.join(', ')
}
