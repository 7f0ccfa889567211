/** A value that `encodeCbor` encodes. */
export type Encodable =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | Raw
  | readonly Encodable[]
  | ReadonlyMap<number | string, Encodable>

/** Bytes that are written unchanged in place of an item. */
export class Raw {
  constructor(readonly bytes: Uint8Array) {}
}

/** Encodes canonical CBOR, except that map entries keep their order. @see RFC 8949 */
export function encodeCbor(value: Encodable): Buffer {
  if (value instanceof Raw) return Buffer.from(value.bytes)
  if (value === null) return Buffer.of(0xf6)
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4)
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, item]) => [encodeCbor(key), encodeCbor(item)])
    return Buffer.concat([head(5, value.size), ...entries.flat()])
  }
  const items = value as readonly Encodable[]
  return Buffer.concat([head(4, items.length), ...items.map(encodeCbor)])
}

/** Encodes the head of an item of a major type. */
export function head(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.of((major << 5) | argument)
  const size = argument < 256 ? 1 : argument < 65_536 ? 2 : 4
  const bytes = Buffer.alloc(1 + size)
  bytes[0] = (major << 5) | (size === 1 ? 24 : size === 2 ? 25 : 26)
  bytes.writeUIntBE(argument, 1, size)
  return bytes
}
