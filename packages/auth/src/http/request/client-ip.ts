import { InvalidOptionsError } from 'torii-core'
import { canonicalIp } from '../../base/ip-address.js'

/** Returns the option, checked. @throws InvalidOptionsError */
export function checkTrustedProxyHops(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 16)
    throw new InvalidOptionsError('trustedProxyHops', 'must be a whole number from 0 to 16')
  return value
}

/**
 * The client's IP address as the outermost trusted proxy saw it. It is counted from the right of
 * X-Forwarded-For, since every proxy appends and a client can forge everything further left. With 0 hops it is
 * the socket's address, and the header is not read. With fewer entries than hops the leftmost entry counts.
 * @see CVE-2023-36456; OWASP ASVS 5.0, 15.3.4
 */
export function clientIp(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  trustedProxyHops: number,
): string | null {
  const entries =
    trustedProxyHops === 0 || forwardedFor === undefined ? [] : forwardedFor.split(',')
  const seen = [...entries, socketAddress]
  return canonicalIp(seen[Math.max(0, seen.length - 1 - trustedProxyHops)])
}
