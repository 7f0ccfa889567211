import { InvalidInputError } from 'torii-core'
import { canonicalIp } from './ip-address.js'

/** Where a request comes from, as far as the server itself knows it. */
export interface RequestInfo {
  /**
   * The client's network address, from the socket or from a proxy you trust; null when unknown, and then
   * nothing is counted per network. Never from a header that anybody can write.
   */
  readonly ip: string | null
  /** The User-Agent header, for the person's list of devices; null when absent. */
  readonly userAgent: string | null
}

/** Room for every browser in use; the storage takes 1,024 bytes. */
const maxUserAgentCharacters = 512
const maxUserAgentBytes = 1024

/**
 * The canonical form of what the caller gives: an address that is none becomes null, a user agent is
 * cut between two characters and loses what a terminal or a page would obey.
 * @throws InvalidInputError when it is not an object at all: leaving it out would silently count nothing
 */
export function readRequestInfo(info: unknown): RequestInfo {
  if (typeof info !== 'object' || info === null)
    throw new InvalidInputError(
      'requestInfo',
      'must be { ip, userAgent }, with null for what is unknown',
    )
  const { ip, userAgent } = info as { readonly [Name in keyof RequestInfo]?: unknown }
  return { ip: canonicalIp(ip), userAgent: canonicalUserAgent(userAgent) }
}

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
