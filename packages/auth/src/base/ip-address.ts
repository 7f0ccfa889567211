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

/** The ranges under which attempts from an IP address are counted. */
export interface IpAddressRanges {
  /** The IPv4 address itself, or the /64 of an IPv6 address: the least that a provider assigns to one customer. */
  readonly address: string
  /** The /48 of an IPv6 address: the most that a customer usually has. Null for IPv4. */
  readonly block: string | null
}

/**
 * Returns the ranges of an IP address. An IPv6 address that stands for an IPv4 address counts as that address: behind a
 * translator (NAT64) all of IPv4 would be one /64, and with 6to4 and Teredo one IPv4 address has many.
 */
export function ipAddressRanges(ip: IpAddress): IpAddressRanges {
  if (isIPv4(ip)) return { address: ip, block: null }
  const groups = groupsOf(ip)
  const ipv4 = embeddedIpv4(groups)
  if (ipv4 !== null) return { address: ipv4, block: null }
  const prefix = (length: number) => groups.slice(0, length).map((group) => group.toString(16))
  return { address: `${prefix(4).join(':')}::/64`, block: `${prefix(3).join(':')}::/48` }
}

/** The eight groups of a canonical IPv6 address. */
function groupsOf(ip: string): number[] {
  const [head = '', tail] = ip.split('::')
  const groups = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - last.length
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...last]
  return all.map((group) => Number.parseInt(group, 16))
}

/**
 * The IPv4 address in an IPv6 address, or null.
 * @see RFC 6052 and RFC 8215 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 4291 section 2.5.5.1
 */
function embeddedIpv4(groups: readonly number[]): string | null {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups
  const isZero = (...some: number[]) => some.every((group) => group === 0)
  if (a === 0x64 && b === 0xff9b && isZero(c, d, e, f)) return ipv4Of(g, h)
  if (a === 0x64 && b === 0xff9b && c === 1) return ipv4Of(g, h)
  if (a === 0x2002) return ipv4Of(b, c)
  // A Teredo address holds the client's address inverted.
  if (a === 0x2001 && b === 0) return ipv4Of(g ^ 0xffff, h ^ 0xffff)
  if (isZero(a, b, c, d, e) && (f === 0xffff || (f === 0 && g !== 0))) return ipv4Of(g, h)
  if (isZero(a, b, c, d, f) && e === 0xffff) return ipv4Of(g, h)
  return null
}

const ipv4Of = (high: number, low: number): string =>
  [high >> 8, high & 255, low >> 8, low & 255].join('.')

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
  return ipv4Of(high, low)
}
