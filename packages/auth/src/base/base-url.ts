import { InvalidOptionsError } from 'torii-core'

/** Where the application is reached, as its operator says; never taken from a request. */
export interface BaseUrl {
  /** `https://app.example`, without a slash at the end. */
  readonly origin: string
  /** `app.example`, without the port. */
  readonly host: string
  /** True for https: cookies are then `Secure` and carry the `__Host-` prefix. */
  readonly secure: boolean
  /** Origins that a browser may send from: this one, and on localhost its other two spellings. */
  readonly origins: readonly string[]
}

const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * Reads the option `baseUrl`: https, or http on localhost, 127.0.0.1 or [::1] only, because over plain
 * http everyone on the way reads the session cookie. No path, query, fragment or credentials.
 * @throws InvalidOptionsError
 */
export function resolveBaseUrl(value: unknown): BaseUrl {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value))
    throw new InvalidOptionsError('baseUrl', 'must be an address like https://app.example')
  const url = new URL(value)
  const loopback = loopbackHosts.includes(url.hostname)
  if (url.protocol === 'http:' && !loopback)
    throw new InvalidOptionsError(
      'baseUrl',
      'must be https; http is for localhost, 127.0.0.1 and [::1]',
    )
  // The parser drops an empty query or fragment and resolves dots: the text itself must be plain.
  if (
    url.username !== '' ||
    url.password !== '' ||
    url.pathname !== '/' ||
    /[?#@\\\s]|\/\.+$/.test(value)
  )
    throw new InvalidOptionsError('baseUrl', 'must have no path, query, fragment or credentials')
  return Object.freeze({
    origin: url.origin,
    host: url.hostname,
    secure: url.protocol === 'https:',
    origins: Object.freeze(
      loopback ? loopbackHosts.map((host) => originOf(url, host)) : [url.origin],
    ),
  })
}

function originOf(url: URL, host: string): string {
  const other = new URL(url)
  other.hostname = host
  return other.origin
}
