import { isIPv4 } from 'node:net'

/**
 * Whether browsers may count two origins as one site: they have the same scheme, and the same host or a common domain of
 * two labels or more. False is certain. True is wrong where the common domain is a public suffix such as `github.io`: only
 * browsers have the list of those, and say so in Sec-Fetch-Site.
 * @see RFC 6265bis section 5.2; https://html.spec.whatwg.org/multipage/browsers.html#same-site
 */
export function maybeSameSite(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)]
  if (a.protocol !== b.protocol) return false
  return a.hostname === b.hostname || commonLabels(a.hostname, b.hostname) >= 2
}

/** Whether a host is an IP address, which has no domain. */
export const isIpAddress = (host: string): boolean => isIPv4(host) || host.startsWith('[')

/** Whether a host is this domain or a host below it. */
export const isWithin = (host: string, domain: string): boolean =>
  host === domain || (!isIpAddress(host) && host.endsWith(`.${domain}`))

function commonLabels(one: string, other: string): number {
  if (isIpAddress(one) || isIpAddress(other)) return 0
  const [a, b] = [one, other].map((host) => host.split('.').reverse())
  const differs = (a ?? []).findIndex((label, at) => label !== b?.[at])
  return differs < 0 ? (a ?? []).length : differs
}
