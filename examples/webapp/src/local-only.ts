import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** The parts of a request that show where it comes from. */
export interface RequestOrigin {
  readonly method?: string | undefined
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: IncomingHttpHeaders
}

/** Whether a host name in a URL or a Host header is one of the three spellings of localhost. */
export const isLoopbackName = (hostname: string): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

/** Whether a socket's IP address is on this computer: 127.0.0.0/8, also written as IPv6, or ::1. */
function isLoopbackAddress(address: string | undefined): boolean {
  const plain = (address ?? '').replace(/^::ffff:/i, '')
  return address === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

/** Whether a request comes from this computer, and through no proxy that says so. */
const isDirect = ({ socket, headers }: RequestOrigin): boolean =>
  isLoopbackAddress(socket.remoteAddress) &&
  ['forwarded', 'x-forwarded-for', 'x-forwarded-host'].every((name) => headers[name] === undefined)

/** Whether a site may have a development mailbox: only this computer can reach it, by a name of localhost. */
export const mayHaveMailbox = (baseUrl: string, boundAddress: string): boolean =>
  isLoopbackName(new URL(baseUrl).hostname) && isLoopbackAddress(boundAddress)

/** Whether a request may read the mailbox. Its `Host` counts too: any site can point its domain at 127.0.0.1. */
export const mayReadMailbox = (request: RequestOrigin): boolean =>
  isDirect(request) &&
  /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/i.test(request.headers.host ?? '')

/** Why the console refuses a request before it is read. */
export type Refusal = readonly [status: 403 | 405 | 421, text: string]

/**
 * Refuses requests that do not come from a browser of this computer, by a name of localhost and this port: any site
 * can point its domain at 127.0.0.1, and any page can send forms. Null for an allowed request.
 * @see OWASP ASVS 5.0, 3.5.1 to 3.5.3
 */
export function refuseForeign(request: RequestOrigin, port: number): Refusal | null {
  const { method, headers } = request
  const url = `http://127.0.0.1:${port}`
  if (!isDirect(request)) {
    const ssh = `From another computer run ssh -L ${port}:127.0.0.1:${port} to this machine and open ${url}`
    return [403, `The console accepts browsers of this computer only, without a proxy. ${ssh}`]
  }
  const host = headers.host?.toLowerCase() ?? ''
  if (!['localhost', '127.0.0.1', '[::1]'].some((name) => host === `${name}:${port}`))
    return [421, `Open the console at its own address: ${url}`]
  if (method === 'GET' || method === 'HEAD') return null
  if (method !== 'POST') return [405, 'Use GET or POST.']
  // Always required: the cookie alone proves nothing, since another port of localhost is the same site.
  if (headers.origin === `http://${host}`) return null
  const fix = `Open the console at http://${host} and try again.`
  return [403, `Another page sent this form, or it has no Origin header. ${fix}`]
}
