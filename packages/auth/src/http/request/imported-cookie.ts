import type { ImportedSessionOptions } from '../../services/options/imported-sessions.js'
import { findOnlyCookie } from './cookie.js'
import type { OwnOrigins } from './origin.js'
import type { HeaderSource } from './request-token.js'
import { readHeader } from './request-token.js'

/** The cookie of the other system; null without one, and if there are two of one name. */
export function findImportedCookie(
  headers: HeaderSource,
  options: ImportedSessionOptions | null,
): string | null {
  if (options === null) return null
  const header = readHeader(headers, 'cookie')
  for (const name of options.cookieNames) {
    const value = findOnlyCookie(header, name)
    if (value !== null && value !== '') return value
  }
  return null
}

/**
 * Whether a page of this site, or the user, sent the request: what another site's page loads for itself opens no session. Browsers that
 * do not say where a request comes from pass.
 */
export function isOwnRequest(headers: HeaderSource, { origins }: OwnOrigins): boolean {
  const site = readHeader(headers, 'sec-fetch-site')
  if (site === null || site === 'same-origin' || site === 'none') return true
  const origin = readHeader(headers, 'origin')
  if (origin !== null) return origins.includes(origin)
  return (
    readHeader(headers, 'sec-fetch-mode') === 'navigate' &&
    readHeader(headers, 'sec-fetch-dest') === 'document'
  )
}
