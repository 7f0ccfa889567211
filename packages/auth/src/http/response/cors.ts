import type { ResolvedOptions } from '../../services/options/options.js'
import { maybeSendsCookies } from '../../services/options/trusted-origins.js'

/** The headers that a page of a trusted origin may send. */
const allowedHeaders = 'authorization, content-type'

/** The headers of a response that its script may read, besides those that every script may. */
const exposedHeaders = 'retry-after'

/** Two hours, the most that Chromium keeps. Every request is judged again, so an old preflight allows nothing. */
const preflightSeconds = 7200

/** What the handler does for pages of the trusted origins. @see https://fetch.spec.whatwg.org/#http-cors-protocol */
export interface Cors {
  /** Lets the page read the response, if it is of a trusted origin. Others get no header, and caches keep them apart. */
  addTo(response: Response, request: Headers): void
  /** The response to the preflight for a method of a route, or null if the page's origin is not trusted. */
  preflight(method: string, request: Headers): Response | null
}

/** Creates it from the options. Logs trusted origins of other sites, which have no cookies. */
export function createCors({
  baseUrl,
  trustedOrigins,
  log,
}: Pick<ResolvedOptions, 'baseUrl' | 'trustedOrigins' | 'log'>): Cors {
  const logged = new Set<string>()
  const logCrossSite = (origin: string) => {
    if (!logged.has(origin)) log({ level: 'warn', event: 'trusted_origin_cross_site', origin })
    logged.add(origin)
  }
  const crossSite = trustedOrigins.filter((origin) => !maybeSendsCookies(baseUrl, origin))
  crossSite.forEach(logCrossSite)
  const addTo = (response: Response, request: Headers): string | null => {
    if (trustedOrigins.length === 0) return null
    response.headers.append('vary', 'origin')
    const origin = request.get('origin')
    if (origin === null || !trustedOrigins.includes(origin)) return null
    // Browsers know all public suffixes. Only this request is judged by its header, which anyone can forge.
    const isCrossSite = crossSite.includes(origin) || request.get('sec-fetch-site') === 'cross-site'
    if (isCrossSite) logCrossSite(origin)
    response.headers.set('access-control-allow-origin', origin)
    if (!isCrossSite) response.headers.set('access-control-allow-credentials', 'true')
    return origin
  }
  return {
    addTo(response, request) {
      if (addTo(response, request) !== null)
        response.headers.set('access-control-expose-headers', exposedHeaders)
    },
    preflight(method, request) {
      const response = new Response(null, { status: 204 })
      if (addTo(response, request) === null) return null
      response.headers.set('access-control-allow-methods', method)
      response.headers.set('access-control-allow-headers', allowedHeaders)
      response.headers.set('access-control-max-age', String(preflightSeconds))
      return response
    },
  }
}
