/** Returns a number of at least 0 and below `limit`. */
export type Random = (limit: number) => number

/** A seeded generator (mulberry32), so that each run of a test makes the same mutations. */
export function seededRandom(seed: number): Random {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

/** A changed byte string, and how it was changed. */
export interface ByteMutation {
  readonly name: string
  readonly bytes: Buffer
}

/**
 * Mutations that know no format: one flipped bit in every `stride`-th byte, then truncated, extended, doubled and
 * emptied bytes, and removed, inserted and overwritten parts.
 */
export function* mutateBytes(bytes: Buffer, random: Random, stride = 1): Generator<ByteMutation> {
  for (let at = random(stride); at < bytes.length; at += stride)
    yield { name: `bit flipped in byte ${at}`, bytes: flipBit(bytes, at * 8 + random(8)) }
  for (let run = 0; run < 4; run += 1) {
    const at = random(bytes.length)
    const size = 1 + random(Math.min(8, bytes.length))
    yield { name: `truncated to ${at}`, bytes: bytes.subarray(0, at) }
    yield { name: `first ${size} removed`, bytes: bytes.subarray(size) }
    yield { name: `extended by ${size}`, bytes: Buffer.concat([bytes, randomBytes(size, random)]) }
    yield { name: `${size} inserted at ${at}`, bytes: splice(bytes, at, 0, size, random) }
    yield { name: `${size} removed at ${at}`, bytes: splice(bytes, at, size, 0, random) }
    yield { name: `${size} overwritten at ${at}`, bytes: splice(bytes, at, size, size, random) }
  }
  yield { name: 'extended by a zero', bytes: Buffer.concat([bytes, Buffer.of(0)]) }
  yield { name: 'doubled', bytes: Buffer.concat([bytes, bytes]) }
  yield { name: 'zeroed', bytes: Buffer.alloc(bytes.length) }
  yield { name: 'emptied', bytes: Buffer.alloc(0) }
}

function flipBit(bytes: Buffer, bit: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return changed
}

/** Encodings of an ECDSA signature that a lenient parser accepts, and other numbers in DER. */
export function* mutateDer(signature: Buffer): Generator<ByteMutation> {
  const r = signature.subarray(4, 4 + signature.readUInt8(3))
  const s = signature.subarray(6 + r.length)
  const sequence = (...parts: readonly Buffer[]) => derItem(0x30, Buffer.concat(parts))
  const integer = (content: Buffer) => derItem(0x02, content)
  const zero = Buffer.of(0)
  yield { name: 'DER length in the long form', bytes: longForm(signature) }
  yield { name: 'DER r padded', bytes: sequence(integer(Buffer.concat([zero, r])), integer(s)) }
  yield { name: 'DER s padded', bytes: sequence(integer(r), integer(Buffer.concat([zero, s]))) }
  yield { name: 'DER third integer', bytes: sequence(integer(r), integer(s), integer(zero)) }
  yield { name: 'DER r and s swapped', bytes: sequence(integer(s), integer(r)) }
  yield { name: 'DER r is 0', bytes: sequence(integer(zero), integer(s)) }
  yield { name: 'DER s is 0', bytes: sequence(integer(r), integer(zero)) }
  yield { name: 'DER r and s are 0', bytes: sequence(integer(zero), integer(zero)) }
  yield { name: 'DER empty integers', bytes: sequence(integer(Buffer.alloc(0)), integer(s)) }
  yield { name: 'DER negative r', bytes: sequence(integer(Buffer.of(0xff)), integer(s)) }
  yield { name: 'DER byte after the sequence', bytes: Buffer.concat([signature, zero]) }
  yield { name: 'DER set', bytes: Buffer.concat([Buffer.of(0x31), signature.subarray(1)]) }
  yield { name: 'raw r and s', bytes: Buffer.concat([r, s]) }
}

const derItem = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.of(tag, content.length), content])

const longForm = (item: Buffer): Buffer =>
  Buffer.concat([item.subarray(0, 1), Buffer.of(0x81), item.subarray(1)])

const randomBytes = (size: number, random: Random): Buffer =>
  Buffer.from(Array.from({ length: size }, () => random(256)))

const splice = (bytes: Buffer, at: number, removed: number, inserted: number, random: Random) =>
  Buffer.concat([
    bytes.subarray(0, at),
    randomBytes(inserted, random),
    bytes.subarray(at + removed),
  ])

/** Client data with one member changed, or with other JSON around it. */
export function* mutateClientData(bytes: Buffer): Generator<ByteMutation> {
  const text = bytes.toString()
  const members: Record<string, unknown> = JSON.parse(text)
  const changes: readonly (readonly [member: string, value: unknown])[] = [
    ['type', 'webauthn.create'],
    ['type', 'webauthn.get'],
    ['type', 'payment.get'],
    ['type', 7],
    ['challenge', ''],
    ['challenge', `${members.challenge}=`],
    ['challenge', [members.challenge]],
    ['origin', 'https://evil.example'],
    ['origin', `${members.origin}/`],
    ['origin', [members.origin]],
    ['origin', String(members.origin).toUpperCase()],
    ['crossOrigin', true],
    ['crossOrigin', 'true'],
    ['crossOrigin', 0],
    ['crossOrigin', 1],
    ['crossOrigin', null],
    ['topOrigin', 'https://evil.example'],
    ['topOrigin', ''],
    ['topOrigin', null],
    ['topOrigin', 7],
    ['tokenBinding', { status: 'supported' }],
    ['tokenBinding', { status: 'invented' }],
    ['tokenBinding', 'text'],
    ['further', { member: [1] }],
  ]
  for (const [member, value] of changes)
    yield json(`${member} is ${JSON.stringify(value)}`, { ...members, [member]: value })
  yield json('crossOrigin and an unknown topOrigin', {
    ...members,
    crossOrigin: true,
    topOrigin: 'https://evil.example',
  })
  for (const member of Object.keys(members))
    yield json(`${member} is missing`, { ...members, [member]: undefined })
  yield named('byte order mark', `\ufeff${text}`)
  yield named('spaces around', ` ${text}\n`)
  yield named('origin twice', text.replace('{', '{"origin":"https://evil.example",'))
  yield named(
    'origin twice, the other last',
    text.replace(/}$/, ',"origin":"https://evil.example"}'),
  )
  yield named('array', `[${text}]`)
  yield named('null', 'null')
  yield named(
    'Latin-1',
    Buffer.concat([bytes.subarray(0, -1), Buffer.from('2c2261223a22e9227d', 'hex')]),
  )
}

const named = (name: string, content: string | Buffer): ByteMutation => ({
  name,
  bytes: Buffer.from(content),
})

const json = (name: string, members: object) => named(name, JSON.stringify(members))
