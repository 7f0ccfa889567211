import type { RequestOrigin } from '../loopback.js'
import { isLoopbackAddress, isLoopbackName } from '../loopback.js'

/** How browsers reach the site: by its configuration, and where it listens. */
export interface Reach {
  readonly baseUrl: string
  /** The IP address that the server listens on. */
  readonly boundAddress: string
}

/** Whether a site may have a development mailbox: only this computer can reach it, by a name of localhost. */
export const mayHaveMailbox = ({ baseUrl, boundAddress }: Reach): boolean =>
  isLoopbackName(new URL(baseUrl).hostname) && isLoopbackAddress(boundAddress)

/**
 * Whether a request may read the mailbox: it comes from this computer, by a name of localhost (any site can point its
 * domain at 127.0.0.1), and has no header of a proxy.
 */
export function mayReadMailbox({ socket, headers }: RequestOrigin): boolean {
  if (!isLoopbackAddress(socket.remoteAddress)) return false
  if (headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined) return false
  const host = headers.host ?? ''
  if (!/^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/i.test(host)) return false
  return isLoopbackName(new URL(`http://${host}`).hostname)
}
