import assert from 'node:assert/strict'
import { createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'
import fc from 'fast-check'
import { InvalidInputError, InvalidOptionsError } from 'torii-core'
import { test } from 'vitest'
import { resolveOptions } from '../services/options/options.js'
import type { KeyPurpose } from './key-ring.js'
import { KeyRing, lengthPrefixed, resolveKeys } from './key-ring.js'

const purposes: readonly KeyPurpose[] = [
  'provider-tokens',
  'oauth-states',
  'oauth-redirects',
  'id-token-nonces',
  'codes',
  'decoys',
  'user-handles',
  'pepper',
]
const newSecret = () => randomBytes(32).toString('base64url')
const parts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 40 })), {
  maxLength: 6,
})

/** RFC 5869 section 2 for up to 32 bytes of `info`-bound output, from HMAC alone. */
function hkdfByHand(secret: Uint8Array, info: string): Buffer {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(secret).digest()
  return createHmac('sha256', extracted).update(info).update(Uint8Array.of(1)).digest()
}

// RFC 5869 appendix A, the cases with SHA-256.
const sequence = (from: number, to: number) =>
  Buffer.from(Array.from({ length: to - from + 1 }, (_, index) => from + index))
const vectors = [
  {
    name: 'A.1, basic',
    secret: Buffer.alloc(22, 0x0b),
    salt: sequence(0x00, 0x0c),
    info: sequence(0xf0, 0xf9),
    output: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    name: 'A.2, longer inputs and outputs',
    secret: sequence(0x00, 0x4f),
    salt: sequence(0x60, 0xaf),
    info: sequence(0xb0, 0xff),
    output:
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  {
    name: 'A.3, without salt and info',
    secret: Buffer.alloc(22, 0x0b),
    salt: '',
    info: '',
    output: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
]
for (const { name, secret, salt, info, output } of vectors)
  test(`hkdf as we call it gives the vector of RFC 5869 ${name}`, () => {
    const bytes = hkdfSync('sha256', createSecretKey(secret), salt, info, output.length / 2)
    assert.equal(Buffer.from(bytes).toString('hex'), output)
  })

test('a sub-key is HKDF-SHA-256 of the secret, without salt, under torii:, its purpose and :1', () => {
  const secret = randomBytes(48)
  const ring = resolveKeys([{ id: 'k1', secret }])
  for (const purpose of purposes) {
    const { keyId, key } = ring.writing(purpose)
    assert.equal(keyId, 'k1')
    assert.deepEqual(key.export(), hkdfByHand(secret, `torii:${purpose}:1`))
  }
})

// Computed with Python's hmac and hashlib.
test('sub-keys never change: what is stored under them must stay readable', () => {
  const ring = resolveKeys([{ id: 'k1', secret: sequence(0, 31) }])
  const shown = purposes.map((purpose) => ring.writing(purpose).key.export().toString('hex'))
  assert.deepEqual(shown, [
    '33bf05913eee5884c5467a2e560d35bdd481c5b60e8ff099cf3c8d71a3b9b60c',
    'ba43e0a7599ba398112ddb12e2676ad31b47525ef58e0d2e96c6492448d8af94',
    '3523ad48dc5368e07b72e77013f2c0d5f11a7ec41203e188c8642c2010cfdad3',
    'c7a606ba5ac2162463ca318d2ced41d35a43f08d553f15e6e46271a935af5237',
    'aa57db81cbb90f79469285f2e4a8ea6943f5701331c74d58dd43007c01fd02fc',
    '0ae4cb67d290b78378280bd5d46c66fcf89720befb7cadc6d6bca6bcd6708ff9',
    '1b50981962f8babfaa4450789c819a20e1dc89d7a36385f1acace14d5f9e3b24',
    'ba578e71734a108437e177cb3a5b4551d88d6a9cc4c9d939db36cf2f7c486400',
  ])
  assert.equal(
    ring.hmac('codes', ['a@example.com', '12345678']).toString('hex'),
    '43efc7479cf5d2a7104620f011f1d4ab5e5fed46f88342e4fdf0b3e90c30e366',
  )
})

test('every purpose of every key has its own sub-key, derived once', () => {
  const ring = resolveKeys(['a', 'b', 'c'].map((id) => ({ id, secret: newSecret() })))
  const keys = purposes.flatMap((purpose) => ['a', 'b', 'c'].map((id) => ring.reading(purpose, id)))
  assert.equal(new Set(keys.map((key) => key?.export().toString('hex'))).size, 24)
  purposes.forEach((purpose, index) => {
    assert.equal(ring.reading(purpose, 'a'), keys[3 * index])
    assert.equal(ring.writing(purpose).key, keys[3 * index])
  })
})

test('the first key writes, all of them read, any other id is null', () => {
  const [old, fresh] = [
    { id: 'old', secret: newSecret() },
    { id: 'new', secret: newSecret() },
  ] as const
  const before = resolveKeys([old])
  const after = resolveKeys([fresh, old])
  assert.equal(after.writing('codes').keyId, 'new')
  assert.ok(after.reading('codes', 'old')?.equals(before.writing('codes').key))
  for (const id of ['', 'OLD', 'old ', 'older', '__proto__', 'constructor', '0'])
    assert.equal(after.reading('codes', id), null)
})

test('a secret is the same key as text and as bytes, and what the caller does to the bytes is no matter', () => {
  const bytes = randomBytes(32)
  const asText = resolveKeys([{ id: 'k1', secret: bytes.toString('base64url') }])
  const given = new Uint8Array(bytes)
  const asBytes = resolveKeys([{ id: 'k1', secret: given }])
  given.fill(0)
  assert.ok(asText.writing('pepper').key.equals(asBytes.writing('pepper').key))
})

test('hmac is HMAC-SHA-256 under the sub-key, over each part after its length in four bytes', () => {
  const secret = randomBytes(32)
  const ring = resolveKeys([{ id: 'k1', secret }])
  const expected = createHmac('sha256', hkdfByHand(secret, 'torii:codes:1'))
    .update(Buffer.from('00000003c3a962000000020a0b00000000', 'hex'))
    .digest()
  assert.deepEqual(ring.hmac('codes', ['éb', Uint8Array.of(10, 11), '']), expected)
  assert.notDeepEqual(ring.hmac('decoys', ['éb', Uint8Array.of(10, 11), '']), expected)
})

test('no two lists of parts are the same input', () => {
  const byteLists = (list: readonly (string | Uint8Array)[]) =>
    JSON.stringify(list.map((part) => Buffer.from(part as Uint8Array).toString('hex')))
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const same = byteLists(one) === byteLists(other)
      assert.equal(lengthPrefixed(one).equals(lengthPrefixed(other)), same)
    }),
    { numRuns: 2000 },
  )
  const ring = resolveKeys([{ id: 'k1', secret: newSecret() }])
  const lists = [[], [''], ['', ''], ['ab', 'c'], ['a', 'bc'], ['abc'], ['ab', 'c', '']]
  const shown = lists.map((list) => ring.hmac('codes', list).toString('hex'))
  assert.equal(new Set(shown).size, lists.length)
})

test('the prefixed parts read back from the start as they were', () => {
  fc.assert(
    fc.property(parts, (list) => {
      const bytes = lengthPrefixed(list)
      const read: Buffer[] = []
      for (let at = 0; at < bytes.length; ) {
        const end = at + 4 + bytes.readUInt32BE(at)
        read.push(bytes.subarray(at + 4, end))
        at = end
      }
      assert.deepEqual(
        read,
        list.map((part) => Buffer.from(part as Uint8Array)),
      )
    }),
  )
})

test('half of a surrogate pair is refused: as UTF-8 it would be any other', () => {
  const ring = resolveKeys([{ id: 'k1', secret: newSecret() }])
  for (const half of ['\ud800', 'a\udfff', '\udc00\ud800'])
    for (const method of ['hmac', 'hmacCandidates'] as const)
      assert.throws(
        () => ring[method]('codes', ['a', half]),
        (error) => error instanceof InvalidInputError && error.field === 'parts[1]',
      )
  assert.equal(ring.hmac('codes', ['\u{1f511}\0']).length, 32)
})

test('a code made before a rotation is among the candidates after it, until its key is gone', () => {
  const keys = ['a', 'b', 'c'].map((id) => ({ id, secret: newSecret() }))
  const [a, b, c] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]]
  const code = ['a@example.com', '12345678']
  const stored = resolveKeys([b, c]).hmac('codes', code)
  const rotated = resolveKeys([a, b, c])
  const candidates = rotated.hmacCandidates('codes', code)
  assert.equal(candidates.length, 3)
  assert.deepEqual(candidates[0], rotated.hmac('codes', code))
  assert.equal(candidates.filter((candidate) => candidate.equals(stored)).length, 1)
  // A process that does not write with the new key yet reads what another one already made with it.
  const early = resolveKeys([b, a]).hmacCandidates('codes', code)
  assert.ok(early.some((candidate) => candidate.equals(rotated.hmac('codes', code))))
  const without = resolveKeys([a, c]).hmacCandidates('codes', code)
  assert.ok(without.every((candidate) => !candidate.equals(stored)))
})

test('without keys everything that needs one says what for and how to make one', () => {
  const { keys } = resolveOptions({ baseUrl: 'https://app.example' })
  for (const purpose of purposes)
    for (const ask of [
      () => keys.writing(purpose),
      () => keys.reading(purpose, 'k1'),
      () => keys.hmac(purpose, ['a']),
      () => keys.hmacCandidates(purpose, ['a']),
    ])
      assert.throws(
        ask,
        (error) =>
          error instanceof InvalidOptionsError &&
          error.message.startsWith('option keys: is required for ') &&
          error.message.includes('node -p'),
      )
  const options = { baseUrl: 'https://app.example' }
  for (const [given, what] of [
    [{ passkey: {} }, 'passkeys'],
    [{ magicLink: { code: true } }, 'magicLink.code'],
    [{ secondFactor: { required: 'always' } }, 'second factors'],
    [{ secondFactor: { trustedBrowsers: { days: 30 } } }, 'secondFactor.trustedBrowsers'],
  ] as const)
    assert.throws(() => resolveOptions({ ...options, ...given }), {
      message: new RegExp(`^option keys: is required for ${what}: `),
    })
})

const good = 'hLq2oQYIuGrBFVNuZBf7nS9jrG0SNUk8H9bS1Cf7Wjo'
const marked = `-SECRET-${good.slice(8)}`
const sized = (bytes: number) => randomBytes(bytes).toString('base64url')
const key = (id: unknown, secret: unknown = newSecret()) => ({ id, secret })
const refused: readonly (readonly [option: string, name: string, keys: unknown])[] = [
  ['keys', 'null', null],
  ['keys', 'a text', marked],
  ['keys', 'an object by id', { k1: marked }],
  ['keys', 'a key alone', key('k1', marked)],
  ['keys', 'bytes', Buffer.from(marked)],
  ['keys', 'none', []],
  ['keys[0]', 'a text', [marked]],
  ['keys[0]', 'null', [null]],
  ['keys[0]', 'a hole', new Array(1)],
  ['keys[0]', 'another member', [{ ...key('k1'), [marked]: true }]],
  ['keys[0]', 'a misspelt member', [{ id: 'k1', secrets: marked }]],
  ['keys[0]', 'an array', [['k1', marked]]],
  ['keys[0].id', 'no id', [{ secret: marked }]],
  ['keys[0].id', 'the secret as id', [key(marked, 'k1')]],
  ['keys[0].id', 'empty', [key('')]],
  ['keys[0].id', '33 characters', [key('k'.repeat(33))]],
  ['keys[0].id', 'a dot', [key('k.1')]],
  ['keys[0].id', 'a line end', [key('k1\n')]],
  ['keys[0].id', 'beyond ASCII', [key('ké')]],
  ['keys[0].id', 'a number', [key(1)]],
  ['keys[1].id', 'an id twice', [key('k1'), key('k1')]],
  ['keys[0].secret', 'no secret', [{ id: 'k1' }]],
  ['keys[0].secret', 'an empty one', [key('k1', '')]],
  ['keys[0].secret', '31 bytes', [key('k1', sized(31))]],
  ['keys[0].secret', '31 bytes as bytes', [key('k1', randomBytes(31))]],
  ['keys[0].secret', '1025 bytes', [key('k1', sized(1025))]],
  ['keys[0].secret', '1025 bytes as bytes', [key('k1', randomBytes(1025))]],
  ['keys[0].secret', 'a huge text', [key('k1', marked.repeat(1e5))]],
  ['keys[0].secret', 'padding', [key('k1', `${marked}=`)]],
  ['keys[0].secret', 'standard base64', [key('k1', `${marked.slice(0, -2)}/o`)]],
  ['keys[0].secret', 'a space before', [key('k1', ` ${marked}`)]],
  ['keys[0].secret', 'unused bits', [key('k1', `${marked.slice(0, -1)}p`)]],
  ['keys[0].secret', 'an ArrayBuffer', [key('k1', new ArrayBuffer(32))]],
  ['keys[0].secret', 'other elements', [key('k1', new Uint16Array(32))]],
  ['keys[0].secret', 'numbers', [key('k1', Array.from(randomBytes(32)))]],
  ['keys[0].secret', 'bytes never filled', [key('k1', new Uint8Array(32))]],
  ['keys[0].secret', 'a text of one letter', [key('k1', 'A'.repeat(43))]],
  ['keys[2].secret', 'short, third', [key('k1'), key('k2'), key('k3', marked.slice(0, 20))]],
  ['keys[1].secret', 'a secret twice', [key('k1', marked), key('k2', marked)]],
  [
    'keys[1].secret',
    'a secret as bytes twice',
    ['k1', 'k2'].map((id) => key(id, new Uint8Array(sequence(0, 31)))),
  ],
  [
    'keys[1].secret',
    'a secret as text and bytes',
    [key('k1', marked), key('k2', Buffer.from(marked, 'base64url'))],
  ],
]
for (const [option, name, keys] of refused)
  test(`refused by its name, without repeating it: ${option}, ${name}`, () => {
    assert.throws(
      // What JavaScript callers and configuration files can hand over.
      () => resolveOptions({ baseUrl: 'https://app.example', keys: keys as [] }),
      (error) => {
        assert.ok(error instanceof InvalidOptionsError)
        assert.ok(error.message.startsWith(`option ${option}:`), error.message)
        assert.equal(error.cause, undefined)
        return !inspect(error, { showHidden: true, depth: null }).includes('SECRET')
      },
    )
  })

test('ids and secrets at their limits are taken', () => {
  const ids = ['k', 'K', '-', '_', '__proto__', 'k'.repeat(32), '2026-11-23_a']
  const ring = resolveKeys(ids.map((id, index) => key(id, index % 2 ? sized(1024) : sized(32))))
  for (const id of ids) assert.notEqual(ring.reading('codes', id), null)
  assert.equal(ring.hmacCandidates('codes', []).length, ids.length)
})

test('V13.3.1 a ring shows nothing of its keys, wherever it is printed', () => {
  const secret = randomBytes(32)
  const ring = resolveKeys([{ id: 'k1', secret }])
  const named = ring.writing('pepper')
  const subKey = named.key.export()
  const forms = [secret, subKey].flatMap((bytes) => [
    ...(['hex', 'base64', 'base64url', 'latin1'] as const).map((form) => bytes.toString(form)),
    inspect(bytes).slice(8, 60),
    [...bytes.subarray(0, 8)].join(','),
    [...bytes.subarray(0, 8)].join(', '),
  ])
  const holders: readonly unknown[] = [
    ring,
    named,
    { deep: [{ ring, named }] },
    new Map<unknown, unknown>([[ring, named]]),
    new Error('outer', { cause: Object.assign(new Error('inner'), { ring, named }) }),
    Object.create(ring),
    resolveOptions({ baseUrl: 'https://app.example', keys: [{ id: 'k1', secret }] }),
    structuredClone(ring),
  ]
  const hidden = { showHidden: true, depth: null, customInspect: false, getters: true }
  for (const holder of holders)
    for (const shown of [
      inspect(holder),
      inspect(holder, hidden),
      JSON.stringify(holder instanceof Map ? [...holder] : holder),
      format('%s %o %O %d', holder, holder, holder, holder),
    ])
      for (const form of forms) assert.ok(!shown.includes(form))
  assert.deepEqual(
    [inspect(ring), JSON.stringify(ring), `${ring}`, String([ring])],
    ['[redacted]', '"[redacted]"', '[redacted]', '[redacted]'],
  )
  assert.ok(!serialize(ring).includes(secret) && !serialize(ring).includes(subKey))
  assert.deepEqual([Reflect.ownKeys(ring), { ...ring }], [[], {}])
  assert.ok(Object.isFrozen(ring))
  assert.throws(() => Reflect.apply(KeyRing.prototype.writing, {}, ['pepper']), TypeError)
})
