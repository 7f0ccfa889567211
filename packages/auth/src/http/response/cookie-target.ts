import { InvalidInputError } from 'torii-core'
import type { ResolvedCookieOptions } from '../../services/options/cookie.js'
import type { CookieToSet } from '../request/cookie.js'
import { setCookie } from '../request/cookie.js'

/** The attributes of a cookie in a cookie store. */
export interface StoredCookie {
  readonly path: string
  /** Absent for a cookie that goes when the browser closes. */
  readonly maxAge?: number
  readonly httpOnly: true
  readonly sameSite: 'lax' | 'strict'
  readonly secure: boolean
  /** Absent for a cookie of this host only. */
  readonly domain?: string
}

/** What a cookie can be set on, by its shape. */
export type CookieTarget =
  /** A response of node:http or Express. */
  | { appendHeader(name: string, value: string): unknown }
  /** The context of Hono, or the reply of Fastify, which appends cookies by itself. */
  | { header(name: string, value: string, options?: { append?: boolean }): unknown }
  /** The headers of a fetch Response. */
  | { append(name: string, value: string): unknown }
  /** A fetch Response. */
  | { readonly headers: { append(name: string, value: string): unknown } }
  /** `await cookies()` of Next.js, or `event.cookies` of SvelteKit. */
  | { set(name: string, value: string, options: StoredCookie): unknown }

/** Adds cookies to a response. @throws InvalidInputError for anything that is no response */
export function addCookies(
  target: CookieTarget,
  site: ResolvedCookieOptions,
  cookies: readonly CookieToSet[],
): void {
  if (typeof target !== 'object' || target === null) throw noResponse()
  for (const cookie of cookies) addCookie(target, site, cookie)
}

function addCookie(target: CookieTarget, site: ResolvedCookieOptions, cookie: CookieToSet): void {
  const text = setCookie(site, cookie)
  if ('appendHeader' in target) target.appendHeader('set-cookie', text)
  else if ('header' in target) target.header('set-cookie', text, { append: true })
  else if ('append' in target) target.append('set-cookie', text)
  else if ('headers' in target) target.headers.append('set-cookie', text)
  else if ('set' in target) target.set(cookie.name, cookie.value, storedCookie(site, cookie))
  else throw noResponse()
}

const storedCookie = (
  { secure }: ResolvedCookieOptions,
  { seconds, path = '/', domain = null, sameSite = 'lax' }: CookieToSet,
): StoredCookie => ({
  path,
  ...(seconds === null ? {} : { maxAge: seconds }),
  httpOnly: true,
  sameSite,
  secure,
  ...(domain === null ? {} : { domain }),
})

const noResponse = () =>
  new InvalidInputError(
    'response',
    'must be a response of fetch, node:http, Express or Fastify, the context of Hono, or a cookie store',
  )
