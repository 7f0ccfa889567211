import { InvalidOptionsError } from 'torii-core'

/** The configured URL of the application. It is never taken from a request. */
export interface BaseUrl {
  /** `https://app.example`, without a slash at the end. */
  readonly origin: string
  /** `app.example`, without the port. */
  readonly host: string
  /** True for https: cookies are then `Secure` and have the `__Host-` prefix. */
  readonly secure: boolean
  /** The origins that browsers may send: this one, and for localhost its other two spellings. */
  readonly origins: readonly string[]
}

const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * Reads the option `baseUrl`: https, or http for localhost, 127.0.0.1 or [::1] only, because plain http reveals the
 * session cookie in transit. No path, query, fragment or credentials.
 * @throws InvalidOptionsError
 */
export function resolveBaseUrl(value: unknown): BaseUrl {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value))
    throw new InvalidOptionsError('baseUrl', 'must be a URL like https://app.example')
  const url = new URL(value)
  const loopback = loopbackHosts.includes(url.hostname)
  if (url.protocol === 'http:' && !loopback)
    throw new InvalidOptionsError(
      'baseUrl',
      'must be https; http is allowed for localhost, 127.0.0.1 and [::1]',
    )
  // The parser drops an empty query or fragment and resolves dots, so the text itself is checked.
  if (
    url.username !== '' ||
    url.password !== '' ||
    url.pathname !== '/' ||
    /[?#@\\\s]|\/\.+$/.test(value)
  )
    throw new InvalidOptionsError(
      'baseUrl',
      'must have no path, query, fragment or credentials; the path of the routes is the option basePath',
    )
  return Object.freeze({
    origin: url.origin,
    host: url.hostname,
    secure: url.protocol === 'https:',
    origins: Object.freeze(
      loopback ? loopbackHosts.map((host) => originOf(url, host)) : [url.origin],
    ),
  })
}

/** A URL parser takes `*` and other signs for letters of a domain. */
const plainOrigin = /^https?:\/\/[\w.:[\]-]+$/

/**
 * Whether a value is the origin of a page, exactly as browsers send it: https, or http for localhost, 127.0.0.1 or [::1].
 * `null`, a wildcard, a path, a slash at the end, upper case and a default port are none.
 */
export function isPageOrigin(value: unknown): value is string {
  try {
    return resolveBaseUrl(value).origin === value && plainOrigin.test(value)
  } catch {
    return false
  }
}

function originOf(url: URL, host: string): string {
  const other = new URL(url)
  other.hostname = host
  return other.origin
}
