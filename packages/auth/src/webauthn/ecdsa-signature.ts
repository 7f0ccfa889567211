const tag = { sequence: 0x30, integer: 0x02 } as const

/**
 * Whether this is the one DER spelling of an ECDSA signature: a sequence of two positive integers in their
 * shortest form, and nothing else. The library's parser is content with less, and then several texts
 * would be one signature.
 * @see RFC 3279 section 2.2.3; X.690 sections 8.3.2 and 10.1
 */
export function isDerSignature(bytes: Uint8Array): boolean {
  const sequence = contentOf(bytes, tag.sequence)
  if (sequence === null || sequence.rest.length > 0) return false
  const r = contentOf(sequence.content, tag.integer)
  const s = r === null ? null : contentOf(r.rest, tag.integer)
  if (r === null || s === null || s.rest.length > 0) return false
  return isPositive(r.content) && isPositive(s.content)
}

/** A zero in front only where the number would look negative without it. */
function isPositive([first, second]: Uint8Array): boolean {
  if (first === undefined || first >= 0x80) return false
  return first > 0 || (second !== undefined && second >= 0x80)
}

function contentOf(
  bytes: Uint8Array,
  expected: number,
): { content: Uint8Array; rest: Uint8Array } | null {
  const [found, short = 0, long = 0] = bytes
  // P-521 needs the form with one byte more, from 128 on.
  const extended = short === 0x81
  const length = extended ? long : short
  const start = extended ? 3 : 2
  if (found !== expected || (extended ? length < 0x80 : length >= 0x80)) return null
  if (bytes.length < start + length) return null
  return { content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) }
}
