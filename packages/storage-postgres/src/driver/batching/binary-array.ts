import type { ArrayElement } from '../../sql/statement.js'

/** Object ids of the element types, the same in every PostgreSQL. */
const oidOf: Readonly<Record<ArrayElement, number>> = {
  uuid: 2950,
  bytea: 17,
  int4: 23,
  float8: 701,
  text: 25,
}

/** Dimensions, null flag, element type, length, lower bound: five times four bytes. */
const headerBytes = 20

/**
 * A one-dimensional array in PostgreSQL's binary form; only `uuid` may hold no nulls. `pg` sends a Buffer as a binary
 * parameter; written as text, an array of 256 keys costs a fifth of the throughput (decisions/0011).
 * @throws TypeError for a value that is not of the type
 */
export function binaryArray(element: ArrayElement, values: readonly unknown[]): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + sizeOf(element, values))
  bytes.writeInt32BE(1, 0)
  bytes.writeInt32BE(values.includes(null) ? 1 : 0, 4)
  bytes.writeInt32BE(oidOf[element], 8)
  bytes.writeInt32BE(values.length, 12)
  bytes.writeInt32BE(1, 16)
  const write = writers[element]
  let offset = headerBytes
  for (const value of values) offset = write(bytes, offset, value)
  return bytes.subarray(0, offset)
}

function sizeOf(element: ArrayElement, values: readonly unknown[]): number {
  if (element === 'uuid') return values.length * 20
  if (element === 'int4') return values.length * 8
  if (element === 'float8') return values.length * 12
  if (element === 'text')
    return values.reduce<number>(
      (size, value) => size + 4 + Buffer.byteLength(value === null ? '' : requireText(value)),
      0,
    )
  return values.reduce<number>(
    (size, value) => size + 4 + (value === null ? 0 : requireBytes(value).length),
    0,
  )
}

/** Each writes a value after its length and returns where the next one begins. */
const writers: Readonly<
  Record<ArrayElement, (target: Buffer, offset: number, value: unknown) => number>
> = {
  uuid(target, offset, value) {
    target.writeInt32BE(16, offset)
    if (typeof value !== 'string' || value.length !== 36) throw new TypeError('not a UUID')
    writeUuid(target, offset + 4, value)
    return offset + 20
  },
  bytea(target, offset, value) {
    if (value === null) return target.writeInt32BE(-1, offset)
    const bytes = requireBytes(value)
    target.writeInt32BE(bytes.length, offset)
    target.set(bytes, offset + 4)
    return offset + 4 + bytes.length
  },
  int4(target, offset, value) {
    if (value === null) return target.writeInt32BE(-1, offset)
    if (typeof value !== 'number' || !Number.isInteger(value)) throw new TypeError('not an integer')
    target.writeInt32BE(4, offset)
    return target.writeInt32BE(value, offset + 4)
  },
  float8(target, offset, value) {
    if (value === null) return target.writeInt32BE(-1, offset)
    if (typeof value !== 'number') throw new TypeError('not a number')
    target.writeInt32BE(8, offset)
    return target.writeDoubleBE(value, offset + 4)
  },
  text(target, offset, value) {
    if (value === null) return target.writeInt32BE(-1, offset)
    const bytes = target.write(requireText(value), offset + 4)
    target.writeInt32BE(bytes, offset)
    return offset + 4 + bytes
  },
}

/** The value of a hexadecimal digit by its character code; everything else is above 15. */
const digits = Uint8Array.from({ length: 128 }, (_, code) =>
  /[0-9a-f]/i.test(String.fromCharCode(code)) ? parseInt(String.fromCharCode(code), 16) : 16,
)
const hyphen = '-'.charCodeAt(0)

/** The sixteen bytes of 36 characters. A loop: taking the hyphens out first and decoding costs three times as much. */
function writeUuid(target: Buffer, offset: number, text: string): void {
  let end = offset
  let highest = 0
  for (let at = 0; at < 36; at += 2) {
    if (text.charCodeAt(at) === hyphen) at += 1
    const high = digits[text.charCodeAt(at)] ?? 16
    const low = digits[text.charCodeAt(at + 1)] ?? 16
    highest = Math.max(highest, high, low)
    target[end] = (high << 4) | low
    end += 1
  }
  if (highest > 15 || end !== offset + 16) throw new TypeError('not a UUID')
}

function requireBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new TypeError('not bytes')
}

function requireText(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError('not a text')
}
