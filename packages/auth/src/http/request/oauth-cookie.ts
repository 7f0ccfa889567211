import type { BrowserSecret } from '../../oauth-client/flow-secrets.js'
import type { ResolvedCookieOptions } from '../../services/options/cookie.js'
import { hostCookieName, setCookie } from './cookie.js'

/** Binds an OAuth flow to the browser that starts it. All tabs share one secret until the last flow ends. */
export const flowCookieName = (site: ResolvedCookieOptions): string => hostCookieName(site, '-flow')

/** Carries the name that a provider posted to the callback, encrypted. */
export const nameCookieName = (site: ResolvedCookieOptions): string =>
  hostCookieName(site, '-flow-name')

/** The browser follows the redirect to the callback at once. */
const nameSeconds = 60

/** `Set-Cookie` for a posted name. */
export const nameCookie = (site: ResolvedCookieOptions, encrypted: string): string =>
  setCookie(site, { name: nameCookieName(site), value: encrypted, seconds: nameSeconds })

/** `Set-Cookie` that deletes it. */
export const clearedNameCookie = (site: ResolvedCookieOptions): string =>
  setCookie(site, { name: nameCookieName(site), value: '', seconds: 0 })

/** `Set-Cookie` for a started flow. */
export const flowCookie = (
  site: ResolvedCookieOptions,
  browser: BrowserSecret,
  flowSeconds: number,
): string =>
  setCookie(site, { name: flowCookieName(site), value: browser.reveal(), seconds: flowSeconds })
