import { InvalidOptionsError } from 'torii-core'
import type { BaseUrl } from '../../base/base-url.js'
import { readSection } from '../../base/option-checks.js'
import { isIpAddress, isWithin } from '../../base/same-site.js'
import { defaults } from './defaults.js'

/** The session cookie, and the names of all cookies of Torii. */
export interface CookieOptions {
  /**
   * The name of the session cookie, without a prefix, and the beginning of the names of all other cookies: letters, digits,
   * `_` and `-`. Two applications on one host, such as localhost, need different names. A new name signs every user out.
   */
  readonly name: string
  /**
   * The domain whose hosts all receive the session cookie: the host of `baseUrl` or a domain above it, no public suffix such
   * as `co.uk`. Every host below it can then read and replace the session of a user: docs/two-origins.md has the price. The
   * other cookies stay with the host (default: null, only the host of `baseUrl`).
   */
  readonly domain: string | null
  /**
   * `lax`: a user who follows a link from another site is signed in. `strict`: such a user looks signed out on the first
   * page; not with `oauth.providers`, which send users back from other sites. `none` is refused.
   */
  readonly sameSite: 'lax' | 'strict'
}

/** The validated options, by which cookies are read and written. */
export interface ResolvedCookieOptions extends CookieOptions {
  /** Whether cookies are `Secure` and their names have a prefix: true on https. */
  readonly secure: boolean
}

/** What the names of the other cookies add to `cookie.name`. */
export type CookieSuffix =
  | '-device'
  | '-link'
  | '-landing'
  | '-flow'
  | '-flow-name'
  | '-pending'
  | '-trusted'

const endsLikeAnother = /-(?:device|link|landing|flow|flow-name|pending|trusted)$/
const nameForm = /^(?!__)[\w-]{1,64}$/
const domainForm = /^(?=.{1,253}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+$/

/** @throws InvalidOptionsError, also for options whose cookie browsers would ignore */
export function resolveCookie(
  value: unknown,
  { host, secure }: BaseUrl,
  { hasProviders }: { hasProviders: boolean },
): ResolvedCookieOptions {
  const given = readSection(value, 'cookie', Object.keys(defaults.cookie))
  const sameSite = readSameSite(given.sameSite)
  if (sameSite === 'strict' && hasProviders)
    throw new InvalidOptionsError(
      'cookie.sameSite',
      'must be lax with oauth.providers: they send users back from another site, where browsers leave a strict cookie out, so that linking fails',
    )
  return Object.freeze({
    name: readName(given.name),
    domain: readDomain(given.domain, host),
    sameSite,
    secure,
  })
}

function readName(value: unknown): string {
  if (value === undefined) return defaults.cookie.name
  if (typeof value !== 'string' || !nameForm.test(value))
    throw new InvalidOptionsError(
      'cookie.name',
      'must be 1 to 64 letters, digits, _ and -, without __ at the start: Torii adds the prefix __Host- or __Secure- on https',
    )
  if (endsLikeAnother.test(value))
    throw new InvalidOptionsError(
      'cookie.name',
      'must not end like another cookie of Torii, such as -device or -flow',
    )
  return value
}

function readDomain(value: unknown, host: string): string | null {
  if (value === undefined || value === null) return defaults.cookie.domain
  if (typeof value !== 'string' || !domainForm.test(value) || isIpAddress(value))
    throw new InvalidOptionsError(
      'cookie.domain',
      'must be a domain like acme.example, in lower case and without a dot at the start: browsers ignore a cookie for an IP address, for localhost and for a single label',
    )
  if (!isWithin(host, value))
    throw new InvalidOptionsError(
      'cookie.domain',
      'must be the host of baseUrl or a domain above it: browsers ignore any other',
    )
  return value
}

function readSameSite(value: unknown): CookieOptions['sameSite'] {
  if (value === undefined) return defaults.cookie.sameSite
  if (value === 'lax' || value === 'strict') return value
  throw new InvalidOptionsError(
    'cookie.sameSite',
    value === 'none'
      ? 'must not be none: every site could send requests with the cookie, and browsers that block third-party cookies ignore it. Pages of another site use bearer tokens'
      : 'must be lax or strict',
  )
}
