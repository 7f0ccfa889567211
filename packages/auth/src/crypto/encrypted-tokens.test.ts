import assert from 'node:assert/strict'
import { createCipheriv, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { InvalidInputError, InvalidOptionsError, ToriiError } from 'torii-core'
import { test } from 'vitest'
import type { CiphertextPlace, TokenRecord } from './encrypted-tokens.js'
import {
  decrypt,
  encrypt,
  maxCiphertextBytes,
  maxTokensBytes,
  needsReencryption,
} from './encrypted-tokens.js'
import type { KeyRing } from './key-ring.js'
import { lengthPrefixed, resolveKeys } from './key-ring.js'

const newKey = (id: string) => ({ id, secret: randomBytes(32) })
// The last bits of their ids are one bit apart, so that a flipped bit names another key that exists.
const [k0, k1, long] = [newKey('k0'), newKey('k1'), newKey('k'.repeat(32))]
const ring = resolveKeys([k0, k1, long])
const place: CiphertextPlace = {
  table: 'oauth_accounts',
  column: 'tokens',
  provider: 'google',
  subject: '110169484474386276334',
}
const tokens: TokenRecord = {
  accessToken: 'ya29.secret-access',
  refreshToken: '1//secret-refresh',
  expiresAt: 1_795_000_000,
  idToken: null,
}

const anyTokens = fc.dictionary(
  fc.string({ unit: 'binary' }),
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    // JSON has no minus zero.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number || 0),
    fc.constant(null),
  ),
  { noNullPrototype: true },
)
const storable = fc.string({ unit: 'grapheme' })
const anyPlace = fc.record({
  table: storable,
  column: storable,
  provider: storable,
  subject: storable,
})

/** What every failure looks like, to the last member. */
const message =
  'stored provider tokens cannot be decrypted: they were changed or moved, or the option keys lacks the key that encrypted them. Add that key to keys again; a new sign-in at the provider replaces the tokens'
function assertOpaque(keys: KeyRing, encrypted: unknown, at: CiphertextPlace = place): void {
  assert.throws(
    // What a database or a mistake can hand over.
    () => decrypt(keys, encrypted as Uint8Array, at),
    (error) => {
      assert.ok(error instanceof ToriiError)
      assert.equal(error.constructor, ToriiError)
      assert.deepEqual(
        [error.code, error.message, 'cause' in error, Object.keys(error)],
        ['ERR_DECRYPTION', message, false, ['code', 'name']],
      )
      return !/secret|110169|google|oauth|k[01]/.test(inspect(error).split('\n')[0] ?? '')
    },
  )
}

function flipped(encrypted: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(encrypted)
  const at = bit >> 3
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7))
  return copy
}

test('whatever is sealed opens as it was, in its place', () => {
  fc.assert(
    fc.property(anyTokens, anyPlace, (given, at) => {
      assert.deepEqual(decrypt(ring, encrypt(ring, given, at), at), given)
    }),
    { numRuns: 2000 },
  )
})

// Computed with Python's cryptography (AESGCM), from the format as it is described.
test('V11.3.2 the format never changes: what is stored must stay readable', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index)
  const encrypted = Buffer.from(
    '01026b31a0a1a2a3a4a5a6a7a8a9aaabf833219211866b44499d2dc7afc3f4aa4ab3a1e067870e496c1ae411cbe45050e78167c4cf7bb31d847cffed44c9aa51c80893fa4e4b457fd22a045b2e135c27dc096093b28d07efab039e88e44b6217a1400d9d',
    'hex',
  )
  const stored = { accessToken: 'ya29.é', expiresAt: 1_795_000_000, refreshToken: null }
  assert.deepEqual(decrypt(resolveKeys([{ id: 'k1', secret }]), encrypted, place), stored)
})

test('a sealed value is version, key id, nonce, ciphertext and tag, and shows nothing of the tokens', () => {
  const encrypted = Buffer.from(encrypt(ring, tokens, place))
  assert.equal(encrypted.length, 2 + 2 + 12 + JSON.stringify(tokens).length + 16)
  assert.deepEqual(encrypted.subarray(0, 4), Buffer.from('\x01\x02k0', 'latin1'))
  for (const text of ['secret', 'ya29', 'Token', '1//', 'google', '110169'])
    assert.ok(!encrypted.includes(text))
})

test('T9.110 two seals of one value have another nonce, ciphertext and tag', () => {
  const [one, two] = [encrypt(ring, tokens, place), encrypt(ring, tokens, place)]
  for (const [from, to] of [
    [4, 16],
    [16, -16],
    [-16, undefined],
  ] as const)
    assert.notDeepEqual(one.subarray(from, to), two.subarray(from, to))
})

test('T9.110 a hundred thousand seals repeat no nonce', { timeout: 60_000 }, () => {
  const nonces = new Set<string>()
  for (let count = 0; count < 1e5; count += 1)
    nonces.add(Buffer.from(encrypt(ring, {}, place)).toString('latin1', 4, 16))
  assert.equal(nonces.size, 1e5)
})

test('T9.109 a value opens in its own place only', () => {
  const places = ['oauth_accounts', 'passkeys'].flatMap((table) =>
    ['tokens', 'other'].flatMap((column) =>
      ['google', 'github'].flatMap((provider) =>
        ['1', '2', '12'].map((subject) => ({ table, column, provider, subject })),
      ),
    ),
  )
  const values = places.map((at, index) => encrypt(ring, { owner: index }, at))
  values.forEach((encrypted, owner) => {
    places.forEach((at, index) => {
      if (index === owner) assert.deepEqual(decrypt(ring, encrypted, at), { owner })
      else assertOpaque(ring, encrypted, at)
    })
  })
})

test('what stands between the parts of a place belongs to one of them', () => {
  const encrypted = encrypt(ring, tokens, { table: 'ab', column: 'c', provider: 'd', subject: 'e' })
  for (const at of [
    { table: 'a', column: 'bc', provider: 'd', subject: 'e' },
    { table: 'abc', column: '', provider: 'd', subject: 'e' },
    { table: 'ab', column: 'c', provider: '', subject: 'de' },
    { table: 'ab', column: 'c', provider: 'e', subject: 'd' },
  ])
    assertOpaque(ring, encrypted, at)
  fc.assert(
    fc.property(anyPlace, anyPlace, (one, other) => {
      fc.pre(
        Object.entries(one).some(([name, part]) => other[name as keyof CiphertextPlace] !== part),
      )
      assertOpaque(ring, encrypt(ring, tokens, one), other)
    }),
  )
})

test('subjects in other letter case or another Unicode form are other subjects', () => {
  const encrypted = encrypt(ring, tokens, { ...place, subject: 'Ren\u00e9' })
  for (const subject of ['ren\u00e9', 'Rene\u0301', 'Ren\u00e9 ', 'Ren\u00e9\0', 'Ren\ufffd'])
    assertOpaque(ring, encrypted, { ...place, subject })
})

test('a place that cannot be is refused when sealing and opens nothing', () => {
  const nowhere = { ...place, subject: '\ud800' }
  assert.throws(() => encrypt(ring, tokens, nowhere), InvalidInputError)
  assertOpaque(ring, encrypt(ring, tokens, { ...place, subject: '\ufffd' }), nowhere)
})

test('T9.109 every single flipped bit is noticed, in every field', () => {
  for (const keys of [ring, resolveKeys([long, k0, k1])]) {
    const encrypted = encrypt(keys, tokens, place)
    for (let bit = 0; bit < 8 * encrypted.length; bit += 1)
      assertOpaque(keys, flipped(encrypted, bit))
  }
})

test('any flipped bit of any value is noticed', () => {
  fc.assert(
    fc.property(anyTokens, anyPlace, fc.nat(), (given, at, number) => {
      const encrypted = encrypt(ring, given, at)
      assertOpaque(ring, flipped(encrypted, number % (8 * encrypted.length)), at)
    }),
    { numRuns: 2000 },
  )
})

test('shortened, lengthened and joined values do not open', () => {
  const encrypted = encrypt(ring, tokens, place)
  for (let length = 0; length < encrypted.length; length += 1) {
    assertOpaque(ring, encrypted.subarray(0, length))
    assertOpaque(ring, encrypted.subarray(encrypted.length - length))
  }
  for (const longer of [
    [encrypted, Buffer.alloc(1)],
    [Buffer.alloc(1), encrypted],
    [encrypted, encrypted],
    [encrypted, Buffer.alloc(maxCiphertextBytes)],
  ])
    assertOpaque(ring, Buffer.concat(longer))
})

test('a nonce, a ciphertext or a tag of another value does not open', () => {
  const [one, two] = [encrypt(ring, tokens, place), encrypt(ring, tokens, place)]
  for (const [from, to] of [
    [4, 16],
    [16, one.length - 16],
    [one.length - 16, one.length],
  ] as const) {
    const mixed = Buffer.from(one)
    mixed.set(two.subarray(from, to), from)
    assertOpaque(ring, mixed)
  }
})

test('V11.2.5 garbage of any type does not open', () => {
  const encrypted = encrypt(ring, tokens, place)
  const values: readonly unknown[] = [
    undefined,
    null,
    '',
    {},
    [],
    Buffer.from(encrypted).toString('hex'),
    [...encrypted],
    new Uint16Array(encrypted),
    encrypted.buffer,
    { ...encrypted, length: encrypted.length },
  ]
  for (const value of values) assertOpaque(ring, value)
  fc.assert(fc.property(fc.anything(), (value) => assertOpaque(ring, value)))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assertOpaque(ring, bytes)
      assertOpaque(ring, Buffer.concat([encrypted.subarray(0, 4), bytes]))
    }),
    { numRuns: 2000 },
  )
})

test('the version and the key id are authenticated, not only read', () => {
  const { key } = ring.writing('provider-tokens')
  const { table, column, provider, subject } = place
  const encryptedWith = (keyId: string, version: number, header: string, text = '{"a":1}') => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    cipher.setAAD(lengthPrefixed([table, column, provider, subject, keyId, Uint8Array.of(version)]))
    const ciphertext = [cipher.update(text), cipher.final()]
    return Buffer.concat([Buffer.from(header, 'latin1'), nonce, ...ciphertext, cipher.getAuthTag()])
  }
  assert.deepEqual(decrypt(ring, encryptedWith('k0', 1, '\x01\x02k0'), place), { a: 1 })
  assertOpaque(
    ring,
    encryptedWith('k0', 1, '\x01\x02k0', `{"a":"${'x'.repeat(maxCiphertextBytes)}"}`),
  )
  assertOpaque(ring, encryptedWith('k0', 2, '\x01\x02k0'))
  assertOpaque(ring, encryptedWith('k0', 2, '\x02\x02k0'))
  assertOpaque(ring, encryptedWith('k1', 1, '\x01\x02k0'))
  // The same secret under another name, as after a mistaken rename.
  assertOpaque(resolveKeys([{ ...k0, id: 'renamed' }]), encryptedWith('k0', 1, '\x01\x07renamed'))
})

test('a short tag does not open, however many bytes of it are right', () => {
  const encrypted = encrypt(ring, {}, place)
  for (let tag = 0; tag < 16; tag += 1)
    assertOpaque(ring, encrypted.subarray(0, encrypted.length - 16 + tag))
})

test('the key of another application or another purpose does not open', () => {
  const encrypted = encrypt(resolveKeys([k0]), tokens, place)
  assertOpaque(resolveKeys([newKey('k0')]), encrypted)
  assertOpaque(resolveKeys([{ id: 'k0', secret: ring.writing('codes').key.export() }]), encrypted)
})

test('V11.1.1 rotation: all old values stay readable, new ones are under the new key, then the old key goes', () => {
  const [old, fresh] = [newKey('2025'), newKey('2026')]
  const before = resolveKeys([old])
  const announced = resolveKeys([old, fresh])
  const rotated = resolveKeys([fresh, old])
  const after = resolveKeys([fresh])

  const encrypted = encrypt(before, tokens, place)
  const soon = encrypt(rotated, tokens, place)
  assert.deepEqual(decrypt(rotated, encrypted, place), tokens)
  // A process that was not deployed again yet reads what the others write.
  assert.deepEqual(decrypt(announced, soon, place), tokens)
  assertOpaque(before, soon)

  assert.deepEqual(
    [before, announced, rotated, after].map((keys) => needsReencryption(keys, encrypted)),
    [false, false, true, true],
  )
  const reencrypted = encrypt(rotated, decrypt(rotated, encrypted, place), place)
  assert.equal(needsReencryption(rotated, reencrypted), false)
  assert.deepEqual(decrypt(after, reencrypted, place), tokens)
  assertOpaque(after, encrypted)
})

test('a key id that another one starts with is another key', () => {
  const [short, longer] = [newKey('k'), newKey('k1')]
  const encrypted = encrypt(resolveKeys([longer]), tokens, place)
  assert.equal(needsReencryption(resolveKeys([short, longer]), encrypted), true)
  assert.equal(needsReencryption(resolveKeys([longer, short]), encrypted), false)
  assertOpaque(resolveKeys([short]), encrypted)
})

test('whatever is not of today needs resealing, and asking never throws', () => {
  const encrypted = encrypt(ring, tokens, place)
  for (let bit = 0; bit < 32; bit += 1)
    assert.equal(needsReencryption(ring, flipped(encrypted, bit)), true)
  fc.assert(
    fc.property(fc.anything(), (value) =>
      assert.equal(needsReencryption(ring, value as Uint8Array), true),
    ),
  )
})

test('what fills the room exactly is sealed under every key; a byte more is refused', () => {
  const longest = resolveKeys([long])
  const room = 'x'.repeat(maxTokensBytes - '{"a":""}'.length)
  assert.equal(encrypt(longest, { a: room }, place).length, maxCiphertextBytes)
  assert.deepEqual(decrypt(longest, encrypt(longest, { a: room }, place), place), { a: room })
  for (const keys of [ring, longest])
    for (const a of [`${room}x`, room.slice(0, -1).concat('é'), 'x'.repeat(1e6)])
      assert.throws(
        () => encrypt(keys, { a }, place),
        (error) =>
          error instanceof InvalidInputError &&
          error.message === `tokens must have at most ${maxTokensBytes} bytes as JSON`,
      )
})

test('only strings, finite numbers and null can be sealed, and a refusal does not repeat them', () => {
  const values: readonly unknown[] = [
    undefined,
    true,
    Number.NaN,
    Infinity,
    10n,
    { secret: 'secret' },
    ['secret'],
    Symbol('secret'),
    () => 'secret',
    new Date(),
  ]
  for (const value of values)
    assert.throws(
      () => encrypt(ring, { secret: value } as TokenRecord, place),
      (error) => error instanceof InvalidInputError && !inspect(error).includes('secret:'),
    )
  const answering = Object.create({ toJSON: () => 'other' }, { a: { value: 1, enumerable: true } })
  assert.deepEqual(decrypt(ring, encrypt(ring, answering, place), place), { a: 1 })
})

test('without keys sealing and opening say what is missing', () => {
  const none = resolveKeys(undefined)
  const encrypted = encrypt(ring, tokens, place)
  for (const operation of [
    () => encrypt(none, tokens, place),
    () => decrypt(none, encrypted, place),
    () => needsReencryption(none, encrypted),
  ])
    assert.throws(
      operation,
      (error) =>
        error instanceof InvalidOptionsError &&
        error.message.startsWith('option keys: is required for keepTokens of a provider'),
    )
})
