/** A decoded CBOR item. Byte strings are views of the input. */
export type Cbor =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly Cbor[]
  | ReadonlyMap<number | string, Cbor>

export type CborMap = ReadonlyMap<number | string, Cbor>

/** Whether the item is a map. */
export const isMap = (value: Cbor | undefined): value is CborMap => value instanceof Map

/** Nesting levels of arrays and maps. @see CTAP 2.1 section 8, message encoding */
const maxDepth = 4

const malformed = Symbol('malformed')

/**
 * Reads the first item in `bytes` and returns it with the offset of its end. Returns null for everything that
 * authenticators do not write: indefinite lengths, longer forms than needed, tags, floats, duplicate keys,
 * more than four levels. Takes time in proportion to the input, whatever lengths it declares. Never throws.
 * @see RFC 8949; CTAP 2.1 section 8
 */
export function readCbor(bytes: Uint8Array): { value: Cbor; end: number } | null {
  try {
    const reader = new Reader(bytes)
    const value = reader.item(0)
    return { value, end: reader.at }
  } catch (error) {
    if (error === malformed) return null
    throw error
  }
}

class Reader {
  at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  item(depth: number): Cbor {
    const head = this.#byte()
    const low = head & 0x1f
    switch (head >> 5) {
      case 0:
        return this.#argument(low)
      case 1:
        return -1 - this.#argument(low)
      case 2:
        return this.#take(this.#argument(low))
      case 3:
        return text(this.#take(this.#argument(low)))
      case 4:
        return this.#array(this.#argument(low), depth)
      case 5:
        return this.#map(this.#argument(low), depth)
      case 7:
        return simple(low)
      default:
        throw malformed
    }
  }

  #array(length: number, depth: number): Cbor[] {
    this.#requireSpace(length, depth)
    return Array.from({ length }, () => this.item(depth + 1))
  }

  #map(length: number, depth: number): CborMap {
    this.#requireSpace(2 * length, depth)
    const map = new Map<number | string, Cbor>()
    for (let left = length; left > 0; left -= 1) {
      const key = this.item(depth + 1)
      if ((typeof key !== 'number' && typeof key !== 'string') || map.has(key)) throw malformed
      map.set(key, this.item(depth + 1))
    }
    return map
  }

  /** Each item takes at least one byte, so the remaining bytes limit the number of items. */
  #requireSpace(items: number, depth: number): void {
    if (depth >= maxDepth || items > this.#bytes.length - this.at) throw malformed
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at) throw malformed
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  #byte(): number {
    const byte = this.#bytes[this.at]
    if (byte === undefined) throw malformed
    this.at += 1
    return byte
  }

  /** The number in the low five bits, or in the one, two, four or eight bytes that follow. */
  #argument(low: number): number {
    if (low < 24) return low
    if (low > 27) throw malformed
    const size = 1 << (low - 24)
    let value = 0
    for (const byte of this.#take(size)) value = value * 256 + byte
    const smallest = size === 1 ? 24 : 256 ** (size / 2)
    if (value < smallest || value >= Number.MAX_SAFE_INTEGER) throw malformed
    return value
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformed
  }
}

function simple(low: number): boolean | null {
  if (low === 20 || low === 21) return low === 21
  if (low === 22) return null
  throw malformed
}
