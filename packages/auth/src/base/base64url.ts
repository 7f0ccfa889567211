/** Encodes bytes as base64url without padding. */
export const encodeBase64url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')

/**
 * Decodes canonical base64url without padding; returns null for any other value. Never throws.
 *
 * Node's decoder skips unknown characters and ignores unused bits, so several texts decode to the same bytes. Only
 * the text that {@link encodeBase64url} writes is accepted.
 * @param maxBytes longer values are refused before they are decoded
 */
export function decodeBase64url(value: unknown, maxBytes: number): Buffer | null {
  if (typeof value !== 'string' || value.length > base64urlLength(maxBytes)) return null
  const bytes = Buffer.from(value, 'base64url')
  return bytes.toString('base64url') === value ? bytes : null
}

/** Like {@link decodeBase64url}, for a value of exactly `length` bytes. */
export function decodeBase64urlExact(value: unknown, length: number): Buffer | null {
  const bytes = decodeBase64url(value, length)
  return bytes?.length === length ? bytes : null
}

/** Returns the number of characters that encode `bytes` bytes. */
export const base64urlLength = (bytes: number): number => Math.ceil((bytes * 4) / 3)
