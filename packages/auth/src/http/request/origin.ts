import type { HeaderSource } from './request-token.js'
import { readHeader } from './request-token.js'

/** Methods that change nothing. @see RFC 9110 section 9.2.1 */
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** The origins whose pages act for the users of a site: its own, and the trusted ones. */
export interface OwnOrigins {
  readonly origins: readonly string[]
}

/**
 * Checks the Origin rule: whether the site's own pages, or no page at all, sent the request. Safe methods pass.
 * Other methods need exactly an Origin of the site or Sec-Fetch-Site: same-origin. Without both and without cookies
 * the request does not come from a browser, and passes. Sign-in follows the same rule, so a page of another
 * site cannot sign a user in to someone else's account.
 * @see OWASP ASVS 5.0, 3.5.1 to 3.5.3
 */
export function isOwnOrigin(
  method: string | undefined,
  headers: HeaderSource,
  site: OwnOrigins,
): boolean {
  if (method !== undefined && safeMethods.includes(method)) return true
  const origin = readHeader(headers, 'origin')
  const fetchSite = readHeader(headers, 'sec-fetch-site')
  if (origin !== null && site.origins.includes(origin)) return true
  return fetchSite === 'same-origin' || isOutsideBrowser(headers)
}

/**
 * Whether an unsafe request was sent by no browser. Browsers send Origin with each of them, and no script can change that, nor
 * Sec-Fetch-Site and Cookie. @see https://fetch.spec.whatwg.org/#append-a-request-origin-header
 */
export const isOutsideBrowser = (headers: HeaderSource): boolean =>
  ['origin', 'sec-fetch-site', 'cookie'].every((name) => readHeader(headers, name) === null)
