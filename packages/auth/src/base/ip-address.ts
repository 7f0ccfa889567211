import { isIPv4, isIPv6 } from 'node:net'
import type { Brand } from 'torii-core'

/** An IP address in the canonical form that {@link canonicalIp} returns. */
export type IpAddress = Brand<string, 'IpAddress'>

/** An IPv6 address with brackets, zone and port is shorter than this; longer values are not parsed. */
const maxLength = 128

/**
 * Returns the canonical form of an IP address, or null for any other value. IPv4 is in dotted form, IPv6 in the form of
 * RFC 5952; an IPv4 address mapped into IPv6 becomes that IPv4 address. Brackets, port and zone id are dropped.
 * @see CVE-2026-45364: two spellings of one address were counted separately
 */
export const canonicalIp = (value: unknown): IpAddress | null =>
  canonicalText(value) as IpAddress | null // the brand names this form

function canonicalText(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > maxLength) return null
  const address = withoutPort(value.trim())
  if (address === null || isIPv4(address)) return address
  const zone = address.indexOf('%')
  const bare = zone < 0 ? address : address.slice(0, zone)
  if (!isIPv6(bare)) return null
  // The URL standard writes an IPv6 address as RFC 5952 does.
  const text = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  return text.startsWith('::ffff:') ? mappedIpv4(text) : text
}

/**
 * Returns the range under which attempts are counted: the IPv4 address itself, or the /64 of an IPv6 address, which is
 * the least that a provider assigns to one customer.
 */
export function ipAddressRange(ip: IpAddress): string {
  if (isIPv4(ip)) return ip
  const [head = '', tail] = ip.split('::')
  const groups = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - last.length
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...last]
  return `${all.slice(0, 4).join(':')}::/64`
}

/** Removes the brackets and the port of `[v6]:80`, `[v6]` and `v4:80`. Null if the rest is not a port. */
function withoutPort(text: string): string | null {
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    const inner = text.slice(1, end)
    return end > 0 && inner.includes(':') && isPortOrNothing(text.slice(end + 1)) ? inner : null
  }
  const colon = text.indexOf(':')
  if (colon < 0 || colon !== text.lastIndexOf(':')) return text
  return isPortOrNothing(text.slice(colon)) ? text.slice(0, colon) : null
}

const isPortOrNothing = (text: string): boolean => text === '' || /^:[0-9]{1,5}$/.test(text)

/** `::ffff:102:304` to `1.2.3.4`; a longer tail (`::ffff:0:102:304`) is another kind of address and is kept. */
function mappedIpv4(text: string): string {
  const groups = text.slice('::ffff:'.length).split(':')
  if (groups.length !== 2) return text
  const [high = 0, low = 0] = groups.map((group) => Number.parseInt(group, 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
