import type { BaseUrl } from '../../base/base-url.js'
import type { HeaderSource } from './request-token.js'
import { readHeader } from './request-token.js'

/** Methods that show and change nothing. @see RFC 9110 section 9.2.1 */
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/**
 * Whether a page that may not act for the person could have sent this. Safe methods pass. Others need
 * an Origin of ours or Sec-Fetch-Site: same-origin; only where both and all cookies are absent is it no
 * browser's doing, and passes. Signing in is held to it too: nobody is signed in by a foreign page.
 * @see OWASP ASVS 5.0, 3.5.1 to 3.5.3
 */
export function isOwnOrigin(
  method: string | undefined,
  headers: HeaderSource,
  site: BaseUrl,
): boolean {
  if (method !== undefined && safeMethods.includes(method)) return true
  const origin = readHeader(headers, 'origin')
  const fetchSite = readHeader(headers, 'sec-fetch-site')
  if (origin !== null && site.origins.includes(origin)) return true
  if (fetchSite === 'same-origin') return true
  return origin === null && fetchSite === null && readHeader(headers, 'cookie') === null
}
