/** The size of the column. */
const maxBytes = 2048

/**
 * Validates where to redirect after signing in: a path of this site, or a URL of one of the given origins, in a form
 * that every browser parses alike. Returns null for any other value, which means the default. Never throws.
 *
 * Accepts only printable ASCII without a backslash: browsers and parsers read a backslash, a tab or a full-width dot
 * differently. The parsed path must not begin with two slashes either (that of `/.//evil.example` does), not even
 * percent-encoded.
 * @see OWASP ASVS 5.0, 3.7.2; RFC 9700 section 4.11; GHSA-vp58-j275-797x, CVE-2022-31093
 */
export function checkRedirectTo(value: unknown, origins: readonly string[]): string | null {
  const [own] = origins
  if (own === undefined || typeof value !== 'string' || value.length > maxBytes) return null
  if (!/^[\x21-\x5b\x5d-\x7e]+$/.test(value)) return null
  if (value.startsWith('//')) return null
  const isPath = value.startsWith('/')
  if (!isPath && !/^https?:\/\/[^/]/i.test(value)) return null
  if (!URL.canParse(value, own)) return null
  const url = new URL(value, own)
  if (url.username !== '' || url.password !== '') return null
  if (!(isPath ? url.origin === own : origins.includes(url.origin))) return null
  if (/^\/(?:\/|%2f|%5c)/i.test(url.pathname)) return null
  const target = isPath ? `${url.pathname}${url.search}${url.hash}` : url.href
  return target.length > maxBytes ? null : target
}
