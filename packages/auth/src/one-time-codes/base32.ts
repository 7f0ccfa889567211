/** RFC 4648 section 6, which authenticator applications expect. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Encodes bytes in base 32 without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  let [text, bits, count] = ['', 0, 0]
  for (const byte of bytes) {
    bits = (bits << 8) | byte
    count += 8
    for (; count >= 5; count -= 5) text += alphabet[(bits >>> (count - 5)) & 31]
    bits &= (1 << count) - 1
  }
  return count === 0 ? text : text + alphabet[(bits << (5 - count)) & 31]
}

/** Decodes base 32 in any case, with spaces, hyphens or padding; null for any other text, and for a last character alone. */
export function decodeBase32(text: string): Buffer | null {
  const characters = text.toUpperCase().replace(/[\s-]/g, '').replace(/=+$/, '')
  const bytes: number[] = []
  let [bits, count] = [0, 0]
  for (const character of characters) {
    const value = alphabet.indexOf(character)
    if (value === -1) return null
    bits = ((bits << 5) | value) & 0xfff
    count += 5
    if (count < 8) continue
    count -= 8
    bytes.push((bits >>> count) & 255)
  }
  return count >= 5 ? null : Buffer.from(bytes)
}
