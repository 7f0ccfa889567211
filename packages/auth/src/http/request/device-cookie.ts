import { knownBrowserSeconds } from '../../rate-limits/known-browsers.js'
import type { ResolvedCookieOptions } from '../../services/options/cookie.js'
import type { CookieToSet } from './cookie.js'
import { findOnlyCookie, hostCookieName, setCookie } from './cookie.js'

/** `__Host-torii-device`, with the prefix that no subdomain can set; on http `torii-device`. */
const deviceCookieName = (site: ResolvedCookieOptions): string => hostCookieName(site, '-device')

/**
 * The device cookie of a request; null without one, and if there are two. Cookie stores of frameworks percent-encode its
 * colons.
 */
export const findDeviceCookie = (
  header: string | null,
  site: ResolvedCookieOptions,
): string | null => findOnlyCookie(header, deviceCookieName(site))?.replaceAll('%3A', ':') ?? null

/** The device cookie, which every sign-in renews and no sign-out deletes. */
export const newDeviceCookie = (site: ResolvedCookieOptions, value: string): CookieToSet => ({
  name: deviceCookieName(site),
  value,
  seconds: knownBrowserSeconds,
})

/** `Set-Cookie` for the device cookie. */
export const setDeviceCookie = (site: ResolvedCookieOptions, value: string): string =>
  setCookie(site, newDeviceCookie(site, value))
