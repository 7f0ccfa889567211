import type { IncomingHttpHeaders } from 'node:http'
import type { ResolvedCookieOptions } from '../../services/options/cookie.js'
import { cookieName, findCookies } from './cookie.js'

/** The headers of a fetch Request, of node:http, or of a framework on top of it (Express, Fastify). */
export type HeaderSource = Pick<Headers, 'get'> | IncomingHttpHeaders

/** The value of one header, or null. Never throws. */
export function readHeader(headers: HeaderSource, name: string): string | null {
  if (isFetchHeaders(headers)) return headers.get(name)
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}

/** A header named `get` is a string; only fetch headers have a method of that name. */
const isFetchHeaders = (headers: HeaderSource): headers is Pick<Headers, 'get'> =>
  typeof headers.get === 'function'

/** The session tokens that a request carries. They are not validated yet. */
export interface RequestTokens {
  /** The token that authenticates: the bearer token if there is an Authorization: Bearer header, else the cookie's. */
  readonly token: string | null
  /**
   * The token in the cookie, even when a bearer token authenticates. Of two cookies the first counts, but with `cookie.domain`
   * none: any host of the domain can set one, also one that the browser sends first.
   */
  readonly cookie: string | null
  /** The tokens of all session cookies, for ending them. */
  readonly cookies: readonly string[]
}

/** A browser of an honest site has one. Each further one costs a statement where sessions are ended. */
const maxSessionCookies = 16

/**
 * Reads both tokens. A malformed bearer header still takes precedence and authenticates no one: a client that
 * sends a token must never be signed in as a different user by a cookie. Other schemes are ignored.
 */
export function readRequestTokens(
  headers: HeaderSource,
  site: ResolvedCookieOptions,
): RequestTokens {
  const found = findCookies(readHeader(headers, 'cookie'), cookieName(site))
  const [first = null] = found
  const cookie = site.domain !== null && found.length > 1 ? null : first
  const cookies = [...new Set(found)].slice(0, maxSessionCookies)
  const [scheme = '', ...rest] = (readHeader(headers, 'authorization') ?? '').trim().split(/ +/)
  return { cookie, cookies, token: scheme.toLowerCase() === 'bearer' ? rest.join(' ') : cookie }
}
