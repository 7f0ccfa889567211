/** The browser's statement about a ceremony. @see WebAuthn Level 3, section 5.8.1 */
export interface ClientData {
  readonly type: string
  readonly challenge: string
  readonly origin: string
  /** True inside a frame of another origin. */
  readonly crossOrigin: boolean
  /** The origin of the page around that frame; null where the browser does not send it. */
  readonly topOrigin: string | null
}

// Strips a byte order mark, as section 7 requires; a browser writes no malformed UTF-8.
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads client data. Returns null unless it is JSON with these members; other members are ignored, as section
 * 5.8.1 requires.
 */
export function readClientData(bytes: Uint8Array): ClientData | null {
  const parsed = parseJson(bytes)
  if (typeof parsed !== 'object' || parsed === null) return null
  const { type, challenge, origin, crossOrigin = false, topOrigin = null } = parsed
  if (typeof type !== 'string' || typeof challenge !== 'string' || typeof origin !== 'string')
    return null
  if (typeof crossOrigin !== 'boolean' || (topOrigin !== null && typeof topOrigin !== 'string'))
    return null
  return { type, challenge, origin, crossOrigin, topOrigin }
}

function parseJson(bytes: Uint8Array): { readonly [Name in keyof ClientData]?: unknown } | null {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return null
  }
}
