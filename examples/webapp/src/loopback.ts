import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** The parts of a request that show where it comes from. */
export interface RequestOrigin {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: IncomingHttpHeaders
}

/** Whether a host name in a URL or a Host header is one of the three spellings of localhost. */
export const isLoopbackName = (hostname: string): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

/** Whether a socket's IP address is on this computer: 127.0.0.0/8, also written as IPv6, or ::1. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false
  if (address === '::1') return true
  const plain = address.replace(/^::ffff:/i, '')
  return isIP(plain) === 4 && plain.startsWith('127.')
}
