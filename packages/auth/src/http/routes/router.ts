import type { ApiError } from '../response/errors.js'
import type { Route } from './route.js'

export type Match =
  | { readonly ok: true; readonly route: Route; readonly param: string }
  | { readonly ok: false; readonly error: ApiError }

/** Finds the route of a method and a path below `basePath`. */
export type Router = (basePath: string, method: string, pathname: string) => Match

/**
 * Builds a router from a table. Paths are compared byte by byte: no other spelling (`//`, `%2f`, `;`, upper
 * case, a trailing slash) is a route, so a proxy in front of Torii sees the same routes as Torii.
 * HEAD is GET without the body. @see GHSA-x732-6j76-qmhm
 */
export function createRouter(routes: readonly Route[]): Router {
  const byPattern = new Map<string, Route[]>()
  for (const route of routes) {
    const pattern = route.path.replace(/:[a-z]+/, '*')
    byPattern.set(pattern, [...(byPattern.get(pattern) ?? []), route])
  }
  return (basePath, method, pathname) => {
    const path = pathBelow(basePath, pathname)
    const { candidates, param } = findCandidates(byPattern, path)
    if (candidates.length === 0) return { ok: false, error: { error: 'not_found' } }
    const wanted = method === 'HEAD' ? 'GET' : method
    const route = candidates.find((candidate) => candidate.method === wanted)
    if (route !== undefined) return { ok: true, route, param }
    const allow = allowedMethods(candidates)
    return { ok: false, error: { error: 'method_not_allowed', allow } }
  }
}

const pathBelow = (basePath: string, pathname: string): string | null =>
  pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length + 1) : null

interface Candidates {
  candidates: readonly Route[]
  param: string
}

/** The routes of the exact path; otherwise those with a parameter in the place of one segment. */
function findCandidates(byPattern: ReadonlyMap<string, Route[]>, path: string | null): Candidates {
  const nothing = { candidates: [], param: '' }
  if (path === null || path.includes('*')) return nothing
  const exact = byPattern.get(path)
  if (exact !== undefined) return { candidates: exact, param: '' }
  const segments = path.split('/')
  for (const [at, param] of segments.entries()) {
    const candidates = param === '' ? undefined : byPattern.get(segments.with(at, '*').join('/'))
    if (candidates !== undefined) return { candidates, param }
  }
  return nothing
}

function allowedMethods(candidates: readonly Route[]): string {
  const methods = candidates.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method))
  return methods.join(', ')
}
