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
