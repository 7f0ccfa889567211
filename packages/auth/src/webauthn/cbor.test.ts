import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { readAuthenticationAnswer, readRegistrationAnswer } from './answer.js'
import { readCbor } from './cbor.js'
import type { Encodable } from './cbor.test.support.js'
import { encodeCbor, head, Raw } from './cbor.test.support.js'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('reading CBOR', () => {
  // RFC 8949 appendix A, those an authenticator may write.
  const known: readonly [encoded: string, value: unknown][] = [
    ['00', 0],
    ['17', 23],
    ['18 18', 24],
    ['19 03e8', 1000],
    ['1a 000f4240', 1_000_000],
    ['1b 000000e8d4a51000', 1_000_000_000_000],
    ['20', -1],
    ['39 03e7', -1000],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['60', ''],
    ['62 c3bc', 'ü'],
    ['83 01 02 03', [1, 2, 3]],
  ]
  for (const [encoded, value] of known)
    test(`${encoded} is ${JSON.stringify(value)}`, () => {
      assert.deepEqual(readCbor(hex(encoded)), { value, end: hex(encoded).length })
    })

  test('what was encoded is read back, and where it ends is told', () => {
    const item: fc.Arbitrary<Encodable> = fc.oneof(
      fc.integer({ min: -4_000_000_000, max: 4_000_000_000 }),
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }),
    )
    const map = fc.array(fc.tuple(fc.oneof(fc.integer({ min: -300, max: 300 }), fc.string()), item))
    fc.assert(
      fc.property(map, fc.array(item), (entries, list) => {
        const value = new Map<number | string, Encodable>([...entries, ['list', list]])
        const bytes = encodeCbor(value)
        const read = readCbor(Buffer.concat([bytes, Buffer.of(0)]))
        assert.equal(read?.end, bytes.length)
        assert.ok(encodeCbor(read?.value as Encodable).equals(bytes))
      }),
    )
  })

  const refused: readonly [name: string, encoded: string][] = [
    ['nothing', ''],
    ['a head without its argument', '19 03'],
    ['bytes that are not there', '44 010203'],
    ['a text that is not UTF-8', '62 c328'],
    ['an array without its items', '82 01'],
    ['a map without its value', 'a1 01'],
    ['a key twice', 'a2 01 02 01 03'],
    ['a key of bytes', 'a1 41 01 02'],
    ['a key that is a list', 'a1 80 02'],
    ['an indefinite array', '9f 01 ff'],
    ['an indefinite map', 'bf 01 02 ff'],
    ['an indefinite text', '7f 61 61 ff'],
    ['indefinite bytes', '5f 41 00 ff'],
    ['a lone break', 'ff'],
    ['a tag', 'c0 00'],
    ['undefined', 'f7'],
    ['a float', 'f9 3c00'],
    ['a simple value', 'f8 ff'],
    ['a reserved argument', '1c'],
    ['a number longer than it must be', '18 17'],
    ['a length longer than it must be', '59 0001 00'],
    ['a number beyond what we count', '1b ffffffffffffffff'],
    ['five levels', '81 81 81 81 81 01'],
  ]
  for (const [name, encoded] of refused)
    test(`${name} is refused`, () => {
      assert.equal(readCbor(hex(encoded)), null)
    })

  test('four levels are read', () => {
    assert.deepEqual(readCbor(hex('81 81 81 81 01'))?.value, [[[[1]]]])
  })

  test('any bytes are read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = readCbor(bytes)
        assert.ok(read === null || (read.end > 0 && read.end <= bytes.length))
      }),
      { numRuns: 5000 },
    )
  })
})

// The limit of 10 ms is that of security.md; what is held here is that work is bounded by the size that was sent.
describe('T7.91 CBOR bombs', () => {
  const sent = (object: Uint8Array) => ({
    id: 'AAAA',
    rawId: 'AAAA',
    type: 'public-key',
    response: {
      clientDataJSON: Buffer.from('{"type":"a","challenge":"b","origin":"c"}').toString(
        'base64url',
      ),
      attestationObject: Buffer.from(object).toString('base64url'),
    },
  })
  const inObject = (data: Encodable, statement: Encodable = new Map()) =>
    encodeCbor(
      new Map<string, Encodable>([
        ['fmt', 'none'],
        ['attStmt', statement],
        ['authData', data],
      ]),
    )
  const attested = (key: Uint8Array) =>
    Buffer.concat([
      Buffer.alloc(32),
      Buffer.of(0x45),
      Buffer.alloc(4 + 16),
      Buffer.of(0, 1, 7),
      key,
    ])
  const most = 16_000
  const bombs: readonly [name: string, object: Uint8Array][] = [
    ['deep nesting of arrays', Buffer.alloc(most, 0x81)],
    ['deep nesting of maps', Buffer.concat(Array(most / 2).fill(Buffer.of(0xa1, 0x00)))],
    [
      'deep nesting in the statement',
      inObject(Buffer.alloc(37), new Raw(Buffer.alloc(most, 0x81))),
    ],
    ['deep nesting in the key', inObject(attested(Buffer.alloc(most, 0x81)))],
    ['an array of 2^32 - 1', Buffer.concat([head(4, 0xffffffff), Buffer.alloc(100)])],
    ['a map of 2^32 - 1', Buffer.concat([head(5, 0xffffffff), Buffer.alloc(100)])],
    ['bytes of 2^32 - 1', Buffer.concat([head(2, 0xffffffff), Buffer.alloc(100)])],
    ['a text of 2^53', hex(`7b 0020000000000000 ${'00'.repeat(100)}`)],
    ['an array of 2^63', hex('9b 8000000000000000 00')],
    ['fmt twice', hex('a4 63666d74 60 63666d74 60 6761747453746d74 a0 686175746844617461 40')],
    ['a key of the COSE key twice', inObject(attested(hex('a2 01 02 01 02')))],
    ['a byte behind it', Buffer.concat([inObject(Buffer.alloc(37)), Buffer.of(0)])],
    ['a byte behind the authenticator data', inObject(Buffer.alloc(38))],
    ['an indefinite map', hex('bf 63666d74 60 ff')],
    ['an indefinite COSE key', inObject(attested(hex('bf 01 02 ff')))],
    ['many empty maps in one level', Buffer.concat([head(4, most), Buffer.alloc(most, 0xa0)])],
    [
      'a credential id longer than the data',
      inObject(Buffer.concat([attested(hex('a0')).subarray(0, 53), hex('ffff 00')])),
    ],
    ['a list for the whole', hex('83 01 02 03')],
    ['authenticator data of text', inObject('x'.repeat(37))],
  ]
  for (const [name, object] of bombs)
    test(`T7.91 ${name}: a typed error`, () => {
      assert.throws(() => readRegistrationAnswer(sent(object)), {
        code: 'ERR_INVALID_INPUT',
        field: 'response.response.attestationObject',
      })
    })

  test('T7.91 what is longer than any answer is refused by its length', () => {
    assert.throws(() => readRegistrationAnswer(sent(Buffer.alloc(20_000))), {
      message: /must be 1 to 16384 bytes/,
    })
  })

  test('T7.91 bombs in the extensions of an assertion: a typed error', () => {
    const flagged = Buffer.concat([Buffer.alloc(32), Buffer.of(0x81), Buffer.alloc(4)])
    for (const extensions of ['', '81', '9f', 'bf', 'a1 01', 'a0 00', '81 81 81 81 81 81']) {
      const data = Buffer.concat([flagged, hex(extensions)])
      const response = {
        clientDataJSON: sent(data).response.clientDataJSON,
        authenticatorData: data.toString('base64url'),
        signature: 'AAAA',
      }
      assert.throws(() => readAuthenticationAnswer({ ...sent(data), response }), {
        code: 'ERR_INVALID_INPUT',
        field: 'response.response.authenticatorData',
      })
    }
  })
})
