import type { Session, SessionToken } from 'torii-core'
import type { CookieSuffix, ResolvedCookieOptions } from '../../services/options/cookie.js'
import type { ResolvedOptions } from '../../services/options/options.js'

/**
 * `__Host-torii` on https: the browser accepts it only with Secure, with Path=/ and from this exact host. With a domain
 * browsers refuse that prefix, so the name is `__Secure-torii`: any host of the domain can set it too. On http (localhost only)
 * they refuse both, so the name is `torii`.
 * @see OWASP ASVS 5.0, 3.3.1 to 3.3.4; RFC 6265bis section 4.1.3.2
 */
export const cookieName = (site: ResolvedCookieOptions): string =>
  site.domain === null ? hostCookieName(site, '') : `__Secure-${site.name}`

/** The name of a cookie that the host keeps for itself, also where the session cookie has a domain. */
export const hostCookieName = (
  { name, secure }: ResolvedCookieOptions,
  suffix: CookieSuffix | '',
): string => `${secure ? '__Host-' : ''}${name}${suffix}`

/**
 * The cookie of a new session. It lives as long as the session can, and no longer than the browser is open if the session
 * is not remembered: its life says so, also where it gets a new secret. With profile aal2 none is: NIST SP 800-63B-4, 5.1.
 */
export function newSessionCookie(
  { cookie, profile, session: { absoluteSeconds, unrememberedSeconds } }: SessionCookieOptions,
  session: Session,
  token: SessionToken,
): CookieToSet {
  // Both times come from the database's clock.
  const lifeMs = session.absoluteExpiresAt.getTime() - session.createdAt.getTime()
  const seconds = Math.floor(lifeMs / 1000)
  const isRemembered =
    profile !== 'aal2' && (seconds > unrememberedSeconds || unrememberedSeconds === absoluteSeconds)
  return {
    ...sessionCookieScope(cookie),
    value: token.reveal(),
    seconds: isRemembered ? seconds : null,
  }
}

type SessionCookieOptions = Pick<ResolvedOptions, 'cookie' | 'profile' | 'session'>

/** `Set-Cookie` for a new session. */
export const sessionCookie = (
  options: SessionCookieOptions,
  session: Session,
  token: SessionToken,
): string => setCookie(options.cookie, newSessionCookie(options, session, token))

/** The cookie that deletes the session cookie. */
export const noSessionCookie = (site: ResolvedCookieOptions): CookieToSet => ({
  ...sessionCookieScope(site),
  value: '',
  seconds: 0,
})

/** `Set-Cookie` that deletes the session cookie. */
export const clearedCookie = (site: ResolvedCookieOptions): string =>
  setCookie(site, noSessionCookie(site))

/** What a browser finds the session cookie by, and when it sends it. */
const sessionCookieScope = (site: ResolvedCookieOptions) => ({
  name: cookieName(site),
  domain: site.domain,
  sameSite: site.sameSite,
})

/** A cookie to set. `seconds: 0` deletes it; null keeps it until the browser closes. */
export interface CookieToSet {
  readonly name: string
  readonly value: string
  readonly seconds: number | null
  /** The path that the browser sends it to (default: `/`). */
  readonly path?: string
  /** The domain whose hosts receive it (default: null, only this host). */
  readonly domain?: string | null
  /** Whether it comes along from links of other sites (default: `lax`, it does: mails and OAuth providers have such links). */
  readonly sameSite?: ResolvedCookieOptions['sameSite']
}

const sameSiteValues = { lax: 'Lax', strict: 'Strict' } as const

/** Writes `Set-Cookie`. */
export function setCookie(
  site: ResolvedCookieOptions,
  { name, value, seconds, path = '/', domain = null, sameSite = 'lax' }: CookieToSet,
): string {
  const maxAge = seconds === null ? '' : ` Max-Age=${seconds};`
  const attributes = `Path=${path};${maxAge} HttpOnly; SameSite=${sameSiteValues[sameSite]}`
  const ofDomain = domain === null ? '' : `; Domain=${domain}`
  return `${name}=${value}; ${attributes}${site.secure ? '; Secure' : ''}${ofDomain}`
}

/** The value of the first cookie of this name, or null. Names are compared exactly; nothing is decoded. */
export const findCookie = (header: string | null, name: string): string | null =>
  findCookies(header, name)[0] ?? null

/**
 * The value of the only cookie of this name, or null without one and for two. A page of another host below the same domain
 * can set a second one, which the browser may even send first.
 */
export function findOnlyCookie(header: string | null, name: string): string | null {
  const [value = null, ...others] = findCookies(header, name)
  return others.length === 0 ? value : null
}

/** The values of all cookies of this name. */
export function findCookies(header: string | null, name: string): readonly string[] {
  const values: string[] = []
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name)
      values.push(pair.slice(equals + 1).trim())
  }
  return values
}
