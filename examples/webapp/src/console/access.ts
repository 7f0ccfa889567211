import type { RequestOrigin } from '../loopback.js'
import { isLoopbackAddress } from '../loopback.js'

/** Why a request is refused before it is read. */
export interface Refusal {
  readonly status: 403 | 405 | 421
  readonly text: string
}

/**
 * Refuses requests that do not come from a browser of this computer, by a name of localhost and this port: any site
 * can point its domain at 127.0.0.1, and any page can send forms. Null for an allowed request.
 * @see OWASP ASVS 5.0, 3.5.1 to 3.5.3
 */
export function refuseForeign(
  { method, socket, headers }: RequestOrigin & { readonly method?: string | undefined },
  port: number,
): Refusal | null {
  const relayed = headers.forwarded ?? headers['x-forwarded-for'] ?? headers['x-forwarded-host']
  if (!isLoopbackAddress(socket.remoteAddress) || relayed !== undefined)
    return {
      status: 403,
      text: `The console accepts browsers of this computer only, without a proxy. From another computer run ssh -L ${port}:127.0.0.1:${port} to this machine and open http://127.0.0.1:${port}`,
    }
  const hosts = ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`)
  const host = headers.host?.toLowerCase() ?? ''
  if (!hosts.includes(host))
    return {
      status: 421,
      text: `Open the console at its own address: http://127.0.0.1:${port}`,
    }
  if (method === 'GET' || method === 'HEAD') return null
  if (method !== 'POST') return { status: 405, text: 'Use GET or POST.' }
  // Always required: the cookie alone proves nothing, since another port of localhost is the same site.
  if (headers.origin !== `http://${host}`)
    return {
      status: 403,
      text: `Another page sent this form, or it has no Origin header. Open the console at http://${host} and try again.`,
    }
  return null
}
