import { quoteInexactNumbers } from './exact-json.js'
import { ProviderFailure } from './provider-failure.js'

/** The limits of a request to a provider. */
export interface RequestLimits {
  /** Seconds from the first byte sent to the last byte read. */
  readonly requestSeconds: number
  readonly bodyBytes: number
}

/** The options of a request: those of `fetch` that providers need. */
export interface ProviderRequest {
  readonly method?: string
  readonly headers?: Headers | Record<string, string>
  readonly body?: URLSearchParams | null | undefined
}

/** `fetch` for providers with limits. The response is already read completely. */
export type BoundedFetch = (url: string, request?: ProviderRequest) => Promise<Response>

const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** Returns whether requests to this URL are allowed: https, or http on loopback if `allowLoopback` is set. */
export function isAllowedUrl(text: string, allowLoopback: boolean): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  if (protocol === 'https:') return true
  return protocol === 'http:' && allowLoopback && loopbackHosts.includes(hostname)
}

/**
 * Creates a `fetch` that follows no redirect, limits the size (after decompression), and has one deadline for the whole
 * response, which also ends slow responses. Numbers of a JSON body that JavaScript would round arrive as strings, so no
 * reader of a response can get a rounded id. Every error is a {@link ProviderFailure}.
 * @see OWASP ASVS 5.0, 15.3.2
 */
export function createBoundedFetch(limits: RequestLimits, allowLoopback: boolean): BoundedFetch {
  return async (url, { method = 'GET', headers = {}, body = null } = {}) => {
    if (!isAllowedUrl(url, allowLoopback)) throw new ProviderFailure('malformed', 'url')
    // Not the caller's signal: several callers may share one response.
    const signal = AbortSignal.timeout(limits.requestSeconds * 1000)
    try {
      const response = await fetch(url, { method, headers, body, redirect: 'manual', signal })
      return await readWhole(response, limits.bodyBytes)
    } catch (error) {
      if (error instanceof ProviderFailure) throw error
      throw new ProviderFailure(signal.aborted ? 'timeout' : 'unreachable', networkCode(error))
    }
  }
}

async function readWhole(response: Response, maxBytes: number): Promise<Response> {
  const { status, headers } = response
  if (status < 200 || (status >= 300 && status < 400)) {
    await response.body?.cancel()
    throw new ProviderFailure('redirected', `status_${status}`)
  }
  // Every request to a provider needs a response with a body.
  if (status === 204 || status === 205) throw new ProviderFailure('malformed', `status_${status}`)
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Throwing out of the loop cancels the body, which closes the connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new ProviderFailure('too_large')
    chunks.push(chunk)
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks))
  return new Response(quoteInexactNumbers(text), { status, headers })
}

/** Returns a code such as `ECONNREFUSED`, which undici puts into the cause. */
function networkCode(error: unknown): string | null {
  const { cause, code } = Object(error) as { cause?: unknown; code?: unknown }
  const inner = cause === undefined ? code : (Object(cause) as { code?: unknown }).code
  return typeof inner === 'string' ? inner : null
}
