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
}

declare const checked: unique symbol

/** Request information that {@link readRequestInfo} has validated. */
export interface CheckedRequestInfo extends RequestInfo {
  readonly ip: IpAddress | null
  readonly deviceCookie: string | null
  readonly [checked]: true
}

/** Long enough for every browser in use; the storage accepts 1,024 bytes. */
const maxUserAgentCharacters = 512
const maxUserAgentBytes = 1024

const checkedInfos = new WeakSet<object>()

/**
 * Validates and normalizes request information. An invalid IP address becomes null. The user agent is truncated
 * between two characters; control and invisible characters are replaced. A value that was validated before is returned
 * as it is, so a request is validated once. The device cookie is validated where it is read.
 * @throws InvalidInputError if it is not an object: a missing value would silently disable the rate limits
 */
export function readRequestInfo(info: unknown): CheckedRequestInfo {
  if (typeof info !== 'object' || info === null)
    throw new InvalidInputError(
      'requestInfo',
      'must be { ip, userAgent }, with null for an unknown value',
    )
  if (isChecked(info)) return info
  const { ip, userAgent, deviceCookie } = info as { readonly [Name in keyof RequestInfo]?: unknown }
  const result = {
    ip: canonicalIp(ip),
    userAgent: canonicalUserAgent(userAgent),
    deviceCookie: typeof deviceCookie === 'string' ? deviceCookie : null,
  }
  checkedInfos.add(Object.freeze(result))
  // Validated in the line before.
  return result as CheckedRequestInfo
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
