import type { Session, SessionToken } from 'torii-core'
import type { BaseUrl } from '../../base/base-url.js'

/**
 * `__Host-torii` on https: the browser then accepts it only with Secure, Path=/ and from this very host.
 * On http (localhost only) browsers refuse that prefix, so it is plain `torii`.
 * @see OWASP ASVS 5.0, 3.3.1 to 3.3.4; RFC 6265bis section 4.1.3.2
 */
export const cookieName = ({ secure }: BaseUrl): string => (secure ? '__Host-torii' : 'torii')

/** `Set-Cookie` for a session that was just opened: it lives as long as the session can. */
export function sessionCookie(site: BaseUrl, session: Session, token: SessionToken): string {
  // Both times are the database's, so no clock of ours takes part.
  const lifeMs = session.absoluteExpiresAt.getTime() - session.createdAt.getTime()
  return cookie(site, token.reveal(), Math.floor(lifeMs / 1000))
}

/** `Set-Cookie` that takes the cookie away. */
export const clearedCookie = (site: BaseUrl): string => cookie(site, '', 0)

function cookie(site: BaseUrl, value: string, maxAgeSeconds: number): string {
  const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`
  return `${cookieName(site)}=${value}; ${attributes}${site.secure ? '; Secure' : ''}`
}

/** The value of the first cookie of this name, or null. Names are compared exactly; nothing is decoded. */
export function findCookie(header: string | null, name: string): string | null {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return null
}
