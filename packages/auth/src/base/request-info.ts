import { InvalidInputError } from 'torii-core'
import type { IpAddress } from './ip-address.js'
import { canonicalIp } from './ip-address.js'

/** Where a request comes from, as far as the server itself knows it. */
export interface RequestInfo {
  /**
   * The client's IP address, from the socket or from a trusted proxy. Null if it is unknown; strangers without one are
   * counted together. Never take it from a header that clients can set.
   */
  readonly ip: string | null
  /** The User-Agent header, shown in the user's list of sessions. Null if absent. */
  readonly userAgent: string | null
  /**
   * The device cookie of the request, which `torii.deviceCookie` wrote after an earlier sign-in. With it the browser has
   * separate rate limits, which strangers cannot reach (default: null, a stranger).
   */
  readonly deviceCookie?: string | null
  /**
   * The trusted-browser cookie of the request, which `torii.trustedCookie` wrote. With it a user who trusts the browser signs in
   * without the second factor, where the option `secondFactor.trustedBrowsers` allows it (default: null, not trusted).
   */
  readonly trustedCookie?: string | null
  /**
   * Returns a header of the request by its name, or null, for the application's hooks (default: none). Torii itself reads no
   * header by it.
   */
  readonly header?: (name: string) => string | null
}

/** The request of a call, as the application's hooks see it: without its credentials. */
export interface RequestFacts {
  readonly ip: string | null
  readonly userAgent: string | null
  /** Returns a header by its name, or null. The headers `cookie` and `authorization` are always null. */
  header(name: string): string | null
}

declare const checked: unique symbol

/** Request information that {@link readRequestInfo} has validated. */
export interface CheckedRequestInfo extends RequestInfo {
  readonly ip: IpAddress | null
  readonly deviceCookie: string | null
  readonly trustedCookie: string | null
  readonly header: (name: string) => string | null
  readonly [checked]: true
}

/** Long enough for every browser in use; the storage accepts 1,024 bytes. */
const maxUserAgentCharacters = 512
const maxUserAgentBytes = 1024

const checkedInfos = new WeakSet<object>()

/**
 * Validates and normalizes request information. An invalid IP address becomes null. The user agent is truncated
 * between two characters; control and invisible characters are replaced. A value that was validated before is returned
 * as it is, so a request is validated once. The device cookie and the trusted-browser cookie are validated where they are read.
 * @throws InvalidInputError if it is not an object: a missing value would silently disable the rate limits
 */
export function readRequestInfo(info: unknown): CheckedRequestInfo {
  if (typeof info !== 'object' || info === null)
    throw new InvalidInputError(
      'requestInfo',
      'must be { ip, userAgent }, with null for an unknown value',
    )
  if (isChecked(info)) return info
  const { ip, userAgent, deviceCookie, trustedCookie, header } = info as {
    readonly [Name in keyof RequestInfo]?: unknown
  }
  const result = {
    ip: canonicalIp(ip),
    userAgent: canonicalUserAgent(userAgent),
    deviceCookie: typeof deviceCookie === 'string' ? deviceCookie : null,
    trustedCookie: typeof trustedCookie === 'string' ? trustedCookie : null,
    header: headerReader(header),
  }
  checkedInfos.add(Object.freeze(result))
  // Validated in the line before.
  return result as CheckedRequestInfo
}

/** The facts of a request for the application's hooks. */
export const requestOf = ({ ip, userAgent, header }: CheckedRequestInfo): RequestFacts => ({
  ip,
  userAgent,
  header,
})

/** They hold session tokens and other secrets that no hook needs. */
const credentialHeaders: readonly string[] = ['cookie', 'authorization', 'proxy-authorization']

const headerReader = (read: unknown) => (name: string) => {
  if (typeof read !== 'function' || credentialHeaders.includes(name.toLowerCase())) return null
  const value: unknown = read(name.toLowerCase())
  return typeof value === 'string' ? value : null
}

const isChecked = (info: object): info is CheckedRequestInfo => checkedInfos.has(info)

function canonicalUserAgent(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const start = value.trim().slice(0, 2 * maxUserAgentCharacters)
  const visible = start.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd')
  let text = ''
  let characters = 0
  for (const character of visible) {
    if (++characters > maxUserAgentCharacters) break
    if (Buffer.byteLength(text) + Buffer.byteLength(character) > maxUserAgentBytes) break
    text += character
  }
  return text === '' ? null : text
}
