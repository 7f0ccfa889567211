import { isLandingNonce, newLandingNonce } from '../../services/links/landing-form.js'
import type { CookieSuffix, ResolvedCookieOptions } from '../../services/options/cookie.js'
import { findOnlyCookie, hostCookieName, setCookie } from './cookie.js'
import type { HeaderSource } from './request-token.js'
import { readHeader } from './request-token.js'

/** How long a browser keeps the token of a link in a mail for its page. */
const linkSeconds = 600
/** How long a page can stay open before its button is pressed. */
const nonceSeconds = 86_400

/** The prefix is `__Secure-`, since `__Host-` requires the path `/`. */
const linkCookieName = ({ name, secure }: ResolvedCookieOptions): string =>
  `${secure ? '__Secure-' : ''}${name}${linkSuffix}`

const linkSuffix: CookieSuffix = '-link'

/**
 * The nonce of the browser, in a cookie that no other host can set (on http://localhost there are no prefixes). The form of
 * every landing page carries it too. @see RFC 6265bis section 4.1.3.2
 */
const landingCookieName = (site: ResolvedCookieOptions): string => hostCookieName(site, '-landing')

/** The nonce in the landing cookie; null without exactly one. */
export function landingNonceOf(headers: HeaderSource, site: ResolvedCookieOptions): string | null {
  const value = findOnlyCookie(readHeader(headers, 'cookie'), landingCookieName(site))
  return isLandingNonce(value) ? value : null
}

/**
 * `Set-Cookie`s that move a link's token out of the URL, which the browser keeps in its history. The browser sends the
 * token to the link's page only, together with the nonce that shows that this site has set it.
 */
export function linkCookies(
  site: ResolvedCookieOptions,
  headers: HeaderSource,
  path: string,
  token: string,
): readonly string[] {
  // All tabs of a browser share one nonce.
  const nonce = landingNonceOf(headers, site) ?? newLandingNonce()
  const value = `${token}.${nonce}`
  return [
    setCookie(site, { name: linkCookieName(site), value, seconds: linkSeconds, path }),
    landingNonceCookie(site, nonce),
  ]
}

/** `Set-Cookie` of the nonce of a browser. */
export const landingNonceCookie = (site: ResolvedCookieOptions, nonce: string): string =>
  setCookie(site, { name: landingCookieName(site), value: nonce, seconds: nonceSeconds })

/** The link that a browser carries to its page. */
export interface CarriedLink {
  readonly token: string
  readonly nonce: string
}

/**
 * The link in the cookies of a request; null unless there is exactly one cookie of each name, and both hold the same nonce.
 * A page of another host below the same domain can set a link's cookie too, but it does not know the nonce.
 */
export function carriedLink(
  headers: HeaderSource,
  site: ResolvedCookieOptions,
): CarriedLink | null {
  const value = findOnlyCookie(readHeader(headers, 'cookie'), linkCookieName(site))
  const nonce = landingNonceOf(headers, site)
  const [token = '', of, ...others] = (value ?? '').split('.')
  return nonce === null || of !== nonce || others.length > 0 ? null : { token, nonce }
}

/** `Set-Cookie` that deletes the token. The nonce stays: the browser may send the same form again. */
export const clearedLinkCookie = (site: ResolvedCookieOptions, path: string): string =>
  setCookie(site, { name: linkCookieName(site), value: '', seconds: 0, path })
