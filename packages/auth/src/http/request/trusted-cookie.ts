import type { ResolvedOptions } from '../../services/options/options.js'
import { trustSeconds } from '../../services/options/second-factor.js'
import type { CookieToSet } from './cookie.js'
import { findOnlyCookie, hostCookieName, setCookie } from './cookie.js'

type Cookies = ResolvedOptions['cookie']

/** `__Host-torii-trusted`, with the prefix that no subdomain can set; on http `torii-trusted`. */
const trustedCookieName = (site: Cookies): string => hostCookieName(site, '-trusted')

/** The trusted-browser cookie of a request; null without one, and if there are two. */
export const findTrustedCookie = (header: string | null, site: Cookies): string | null =>
  findOnlyCookie(header, trustedCookieName(site))

/** The trusted-browser cookie, which sign-ins replace and no sign-out deletes. */
export const newTrustedCookie = (
  { cookie, secondFactor }: Pick<ResolvedOptions, 'cookie' | 'secondFactor'>,
  value: string,
): CookieToSet => ({
  name: trustedCookieName(cookie),
  value,
  seconds: trustSeconds(secondFactor),
})

/** `Set-Cookie` for the trusted-browser cookie. */
export const setTrustedCookie = (
  options: Pick<ResolvedOptions, 'cookie' | 'secondFactor'>,
  value: string,
): string => setCookie(options.cookie, newTrustedCookie(options, value))
