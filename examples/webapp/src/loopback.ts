import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** What tells of a request where it comes from. */
export interface Asking {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: IncomingHttpHeaders
}

/** What "on localhost" means for a host name in a URL or a Host header: these three spellings. */
export const isLoopbackName = (hostname: string): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

/** Whether a socket's address is of this machine: 127.0.0.0/8, ::1, and the first written as IPv6. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false
  if (address === '::1') return true
  const plain = address.replace(/^::ffff:/i, '')
  return isIP(plain) === 4 && plain.startsWith('127.')
}
