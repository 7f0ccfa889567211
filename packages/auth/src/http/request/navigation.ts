import type { HeaderSource } from './request-token.js'
import { readHeader } from './request-token.js'

/** The standard's header, and those of older browsers. @see https://wicg.github.io/nav-speculation/prefetch.html */
const purposeHeaders: readonly string[] = ['sec-purpose', 'purpose', 'x-moz']

/** Whether a browser requests a page before the user opens it: `prefetch`, or `prefetch;prerender`. */
export const isPrefetch = (headers: HeaderSource): boolean =>
  purposeHeaders.some((name) => /^prefetch\b/i.test((readHeader(headers, name) ?? '').trim()))

/** Whether a browser shows the response as a page. @see https://www.w3.org/TR/fetch-metadata/ section 2.2 */
export function isNavigation(headers: HeaderSource): boolean {
  const mode = readHeader(headers, 'sec-fetch-mode')
  if (mode !== null) return mode === 'navigate'
  return /\btext\/html\b/i.test(readHeader(headers, 'accept') ?? '')
}
