import type { BaseUrl } from '../../base/base-url.js'
import { basePath } from '../routes/route-match.js'

/** The token of a mailed link between its URL and its page. */
const maxAgeSeconds = 600

const nameOf = ({ secure }: BaseUrl): string => (secure ? '__Secure-torii-link' : 'torii-link')

/**
 * `Set-Cookie` that carries a link's token from its URL to its page, so that the URL which the browser keeps
 * in its history has none. Sent to this one path only; Lax, since the link is opened from a mail program.
 */
export const linkCookie = (site: BaseUrl, path: string, token: string): string =>
  cookie(site, path, token, maxAgeSeconds)

/** `Set-Cookie` that takes it away. */
export const clearedLinkCookie = (site: BaseUrl, path: string): string => cookie(site, path, '', 0)

/** What to look for among the request's cookies. */
export const linkCookieName = nameOf

function cookie(site: BaseUrl, path: string, value: string, seconds: number): string {
  const attributes = `Path=${basePath}/${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax`
  return `${nameOf(site)}=${value}; ${attributes}${site.secure ? '; Secure' : ''}`
}
