import type { IncomingHttpHeaders } from 'node:http'
import { findCookie } from './cookie.js'

/** The headers of a fetch Request, or of node:http and what is built on it (Express, Fastify). */
export type HeaderSource = Pick<Headers, 'get'> | IncomingHttpHeaders

/** The value of one header, or null. Never throws. */
export function readHeader(headers: HeaderSource, name: string): string | null {
  if (isFetchHeaders(headers)) return headers.get(name)
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}

/** A header that somebody named `get` is a string; only fetch headers have a method there. */
const isFetchHeaders = (headers: HeaderSource): headers is Pick<Headers, 'get'> =>
  typeof headers.get === 'function'

/** What a request brings to say whose it is. Not checked yet. */
export interface Credentials {
  /** The token that decides: the bearer's if there is an Authorization: Bearer header, else the cookie's. */
  readonly token: string | null
  /** The token in the cookie, whether it decides or not. */
  readonly cookie: string | null
}

/**
 * Reads both. A malformed bearer header still decides, and opens nothing: a client that means to use a
 * token is never signed in as somebody else by a cookie. Other schemes are not ours and are ignored.
 */
export function readCredentials(headers: HeaderSource, cookieName: string): Credentials {
  const cookie = findCookie(readHeader(headers, 'cookie'), cookieName)
  const [scheme = '', ...rest] = (readHeader(headers, 'authorization') ?? '').trim().split(/ +/)
  return { cookie, token: scheme.toLowerCase() === 'bearer' ? rest.join(' ') : cookie }
}
