import { ProviderFailure } from './provider-failure.js'

/** How long a provider is waited for, and how much of it is read. */
export interface RequestLimits {
  /** Seconds from the first byte sent to the last byte read. */
  readonly requestSeconds: number
  readonly bodyBytes: number
}

/** What may be asked: the members of fetch's own that a provider needs. */
export interface ProviderRequest {
  readonly method?: string
  readonly headers?: Headers | Record<string, string>
  readonly body?: URLSearchParams | null | undefined
}

/** `fetch` towards providers, bounded: what comes back is read to its end already. */
export type BoundedFetch = (url: string, request?: ProviderRequest) => Promise<Response>

const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** Whether a provider may be asked at this URL: https, or http on this very machine where that is allowed. */
export function isAllowedUrl(text: string, allowLoopback: boolean): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  if (protocol === 'https:') return true
  return protocol === 'http:' && allowLoopback && loopbackHosts.includes(hostname)
}

/**
 * Asks without following redirects, reads at most so many bytes (counted after decompression) within one
 * deadline for everything, so that a slow drip ends too. Every failure is a {@link ProviderFailure}.
 * @see OWASP ASVS 5.0, 15.3.2
 */
export function createBoundedFetch(limits: RequestLimits, allowLoopback: boolean): BoundedFetch {
  return async (url, { method = 'GET', headers = {}, body = null } = {}) => {
    if (!isAllowedUrl(url, allowLoopback)) throw new ProviderFailure('malformed', 'url')
    // Not the caller's signal: an answer may be shared by several callers.
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
  // Nothing is ever asked of a provider that could have no answer.
  if (status === 204 || status === 205) throw new ProviderFailure('malformed', `status_${status}`)
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop by a throw cancels the body, which ends the connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new ProviderFailure('too_large')
    chunks.push(chunk)
  }
  return new Response(Buffer.concat(chunks), { status, headers })
}

/** `ECONNREFUSED` and the like, which undici hides in the cause. */
function networkCode(error: unknown): string | null {
  const { cause, code } = Object(error) as { cause?: unknown; code?: unknown }
  const inner = cause === undefined ? code : (Object(cause) as { code?: unknown }).code
  return typeof inner === 'string' ? inner : null
}
