import type { Session, SessionToken } from 'torii-core'
import type { BaseUrl } from '../../base/base-url.js'

/**
 * `__Host-torii` on https: the browser accepts it only with Secure, with Path=/ and from this exact host.
 * On http (localhost only) browsers refuse that prefix, so the name is `torii`.
 * @see OWASP ASVS 5.0, 3.3.1 to 3.3.4; RFC 6265bis section 4.1.3.2
 */
export const cookieName = ({ secure }: BaseUrl): string => (secure ? '__Host-torii' : 'torii')

/** The cookie of a new session. It lives as long as the session can. */
export function newSessionCookie(
  site: BaseUrl,
  session: Session,
  token: SessionToken,
): CookieToSet {
  // Both times come from the database's clock.
  const lifeMs = session.absoluteExpiresAt.getTime() - session.createdAt.getTime()
  return { name: cookieName(site), value: token.reveal(), seconds: Math.floor(lifeMs / 1000) }
}

/** `Set-Cookie` for a new session. */
export const sessionCookie = (site: BaseUrl, session: Session, token: SessionToken): string =>
  setCookie(site, newSessionCookie(site, session, token))

/** The cookie that deletes the session cookie. */
export const noSessionCookie = (site: BaseUrl): CookieToSet => ({
  name: cookieName(site),
  value: '',
  seconds: 0,
})

/** `Set-Cookie` that deletes the session cookie. */
export const clearedCookie = (site: BaseUrl): string => setCookie(site, noSessionCookie(site))

/** A cookie to set. `seconds: 0` deletes it. */
export interface CookieToSet {
  readonly name: string
  readonly value: string
  readonly seconds: number
  /** The path that the browser sends it to (default: `/`). */
  readonly path?: string
}

/** Writes `Set-Cookie`. Lax: links in mails and OAuth providers send the browser here from other sites. */
export function setCookie(
  site: BaseUrl,
  { name, value, seconds, path = '/' }: CookieToSet,
): string {
  const attributes = `Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax`
  return `${name}=${value}; ${attributes}${site.secure ? '; Secure' : ''}`
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

function findCookies(header: string | null, name: string): readonly string[] {
  const values: string[] = []
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name)
      values.push(pair.slice(equals + 1).trim())
  }
  return values
}
