/** Room of the column. */
const maxBytes = 2048

/**
 * Where to go after signing in, in the one form that every browser reads alike: a path of our own, or a
 * URL at one of the given origins; null for everything else, which means the default. Takes any value
 * and never throws.
 *
 * Only printable ASCII without a backslash is looked at: a backslash, a tab or a full-width dot is
 * something else to a browser than to a parser. What the parser makes of the path must not begin with
 * two slashes either (`/.//evil.example` does), not even percent-encoded ones.
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
