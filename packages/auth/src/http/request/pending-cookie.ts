import type { PendingToken } from 'torii-core'
import { pendingSignInSeconds } from 'torii-core'
import type { ResolvedCookieOptions } from '../../services/options/cookie.js'
import type { CookieToSet } from './cookie.js'
import { findOnlyCookie, hostCookieName, setCookie } from './cookie.js'
import type { HeaderSource } from './request-token.js'
import { readHeader } from './request-token.js'

/** `__Host-torii-pending`, with the prefix that no subdomain can set; on http `torii-pending`. */
const pendingCookieName = (site: ResolvedCookieOptions): string => hostCookieName(site, '-pending')

/** The token of the pending sign-in of a request; null without one, and if there are two. */
export const findPendingCookie = (
  headers: HeaderSource,
  site: ResolvedCookieOptions,
): string | null => findOnlyCookie(readHeader(headers, 'cookie'), pendingCookieName(site))

/** The cookie of a pending sign-in, which is the only place of its token. */
export const newPendingCookie = (
  site: ResolvedCookieOptions,
  token: PendingToken,
): CookieToSet => ({
  name: pendingCookieName(site),
  value: token.reveal(),
  seconds: pendingSignInSeconds,
})

/** `Set-Cookie` for a pending sign-in. */
export const pendingCookie = (site: ResolvedCookieOptions, token: PendingToken): string =>
  setCookie(site, newPendingCookie(site, token))

/** The cookie that deletes it. */
export const noPendingCookie = (site: ResolvedCookieOptions): CookieToSet => ({
  name: pendingCookieName(site),
  value: '',
  seconds: 0,
})

/** `Set-Cookie` that deletes it. */
export const clearedPendingCookie = (site: ResolvedCookieOptions): string =>
  setCookie(site, noPendingCookie(site))
