import type { BaseUrl } from '../../base/base-url.js'
import { knownBrowserSeconds } from '../../rate-limits/known-browsers.js'
import { findOnlyCookie, setCookie } from './cookie.js'

/** Like the session's cookie, with the prefix that no subdomain can set. */
const deviceCookieName = ({ secure }: BaseUrl): string =>
  secure ? '__Host-torii-device' : 'torii-device'

/** The device cookie of a request; null without one, and if there are two. */
export const findDeviceCookie = (header: string | null, site: BaseUrl): string | null =>
  findOnlyCookie(header, deviceCookieName(site))

/** `Set-Cookie` for the device cookie, which every sign-in renews and no sign-out deletes. */
export const setDeviceCookie = (site: BaseUrl, value: string): string =>
  setCookie(site, { name: deviceCookieName(site), value, seconds: knownBrowserSeconds })
