import type { Asking } from '../loopback.js'
import { isLoopbackAddress, isLoopbackName } from '../loopback.js'

/** How the site is reached, as it is configured and as it listens. */
export interface Reach {
  readonly baseUrl: string
  /** The address that the server listens on. */
  readonly boundAddress: string
}

/** Whether a site may have a development mailbox at all: nobody else can reach it, and it names no other host. */
export const mayHaveMailbox = ({ baseUrl, boundAddress }: Reach): boolean =>
  isLoopbackName(new URL(baseUrl).hostname) && isLoopbackAddress(boundAddress)

/**
 * Whether a request to such a site may read everybody's mail: it comes from this machine, by a name of this
 * machine (a page of the web can have its own name lead here), and through no proxy that says so.
 */
export function mayReadMailbox({ socket, headers }: Asking): boolean {
  if (!isLoopbackAddress(socket.remoteAddress)) return false
  if (headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined) return false
  const host = headers.host ?? ''
  if (!/^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/i.test(host)) return false
  return isLoopbackName(new URL(`http://${host}`).hostname)
}
