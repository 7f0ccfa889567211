import type { BaseUrl } from '../../base/base-url.js'
import { knownBrowserSeconds } from '../../rate-limits/known-browsers.js'
import type { CookieToSet } from './cookie.js'
import { findOnlyCookie, setCookie } from './cookie.js'

/** Like the session's cookie, with the prefix that no subdomain can set. */
const deviceCookieName = ({ secure }: BaseUrl): string =>
  secure ? '__Host-torii-device' : 'torii-device'

/**
 * The device cookie of a request; null without one, and if there are two. Cookie stores of frameworks percent-encode its
 * colons.
 */
export const findDeviceCookie = (header: string | null, site: BaseUrl): string | null =>
  findOnlyCookie(header, deviceCookieName(site))?.replaceAll('%3A', ':') ?? null

/** The device cookie, which every sign-in renews and no sign-out deletes. */
export const newDeviceCookie = (site: BaseUrl, value: string): CookieToSet => ({
  name: deviceCookieName(site),
  value,
  seconds: knownBrowserSeconds,
})

/** `Set-Cookie` for the device cookie. */
export const setDeviceCookie = (site: BaseUrl, value: string): string =>
  setCookie(site, newDeviceCookie(site, value))
