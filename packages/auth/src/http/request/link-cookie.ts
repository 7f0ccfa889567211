import type { BaseUrl } from '../../base/base-url.js'
import { setCookie } from './cookie.js'

/** How long a browser keeps the token of a link in a mail for its page. */
const maxAgeSeconds = 600

/** The prefix is `__Secure-`, since `__Host-` requires the path `/`. */
export const linkCookieName = ({ secure }: BaseUrl): string =>
  secure ? '__Secure-torii-link' : 'torii-link'

/**
 * `Set-Cookie` that moves a link's token out of the URL, which the browser keeps in its history. The browser
 * sends it to the link's own page only.
 */
export const linkCookie = (site: BaseUrl, path: string, token: string): string =>
  setCookie(site, { name: linkCookieName(site), value: token, seconds: maxAgeSeconds, path })

/** `Set-Cookie` that deletes it. */
export const clearedLinkCookie = (site: BaseUrl, path: string): string =>
  setCookie(site, { name: linkCookieName(site), value: '', seconds: 0, path })
