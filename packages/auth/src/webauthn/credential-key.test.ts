import assert from 'node:assert/strict'
import { createPublicKey, hash, sign, verify } from 'node:crypto'
import { describe, test } from 'vitest'
import { newKeyPair } from '../test/key-pair.test.support.js'
import type { CborMap } from './cbor.js'
import { isSignatureValid, isUsableKey } from './credential-key.js'

const message = Buffer.from('authenticator data and the hash of client data')

const ed25519Key = (x: Uint8Array): CborMap =>
  new Map<number, number | Uint8Array>([
    [1, 1],
    [3, -8],
    [-1, 6],
    [-2, x],
  ])

const ellipticCurves = [
  { algorithm: -7, name: 'P-256', id: 1, digest: 'sha256' },
  { algorithm: -35, name: 'P-384', id: 2, digest: 'sha384' },
  { algorithm: -36, name: 'P-521', id: 3, digest: 'sha512' },
] as const

const coordinate = (text: string | undefined) => Buffer.from(text ?? '', 'base64url')

/** A COSE key with its private key. */
function newEcKey({ algorithm, name, id }: (typeof ellipticCurves)[number]) {
  const { publicKey, privateKey } = newKeyPair(name)
  const { x, y } = publicKey.export({ format: 'jwk' })
  const key = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, algorithm],
    [-1, id],
    [-2, coordinate(x)],
    [-3, coordinate(y)],
  ])
  return { key, privateKey, x: coordinate(x), y: coordinate(y) }
}

function newRsaKey() {
  const { publicKey, privateKey } = newKeyPair('RSA')
  const { n, e } = publicKey.export({ format: 'jwk' })
  const key = new Map<number, number | Uint8Array>([
    [1, 3],
    [3, -257],
    [-1, coordinate(n)],
    [-2, coordinate(e)],
  ])
  return { key, privateKey, modulus: coordinate(n) }
}

/** Ed25519 points of small order, and their non-canonical encodings. */
const smallOrder = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]

describe('credential keys', () => {
  for (const curve of ellipticCurves)
    test(`isSignatureValid() accepts the signature of a ${curve.name} key over the same message only`, () => {
      const { key, privateKey } = newEcKey(curve)
      const signature = sign(curve.digest, message, privateKey)
      assert.equal(isUsableKey(key), true)
      assert.equal(isSignatureValid(key, message, signature), true)
      assert.equal(isSignatureValid(key, message.subarray(1), signature), false)
      assert.equal(isSignatureValid(newEcKey(curve).key, message, signature), false)
    })

  for (const curve of ellipticCurves)
    test(`isUsableKey() refuses a ${curve.name} key that is not a point on its curve`, () => {
      const { key, privateKey, x, y } = newEcKey(curve)
      const signature = sign(curve.digest, message, privateKey)
      const zero = Buffer.alloc(x.length)
      const ones = Buffer.alloc(x.length, 0xff)
      const longer = Buffer.concat([Buffer.of(0), x])
      for (const [newX, newY] of [
        [zero, zero],
        [ones, ones],
        [x, zero],
        [zero, y],
        [y, x],
        [longer, y],
        [x.subarray(1), y],
      ] as const) {
        const changed = new Map([...key, [-2, newX], [-3, newY]])
        assert.equal(isUsableKey(changed), false)
        assert.equal(isSignatureValid(changed, message, signature), false)
      }
    })

  test('isUsableKey() accepts RSA keys from 2,048 to 4,096 bits', () => {
    const { key, privateKey } = newRsaKey()
    assert.equal(isSignatureValid(key, message, sign('sha256', message, privateKey)), true)
    for (const [bytes, usable] of [
      [128, false],
      [255, false],
      [256, true],
      [512, true],
      [513, false],
    ] as const) {
      const modulus = Buffer.alloc(bytes, 0xc5)
      assert.equal(isUsableKey(new Map([...key, [-1, modulus]])), usable, `${bytes} bytes`)
    }
  })

  test('isUsableKey() refuses an RSA exponent of 1, under which the padded message is a signature', () => {
    const { key, modulus } = newRsaKey()
    const digestInfo = Buffer.concat([
      Buffer.from('3031300d060960864801650304020105000420', 'hex'),
      sha256(message),
    ])
    const padding = Buffer.alloc(256 - 3 - digestInfo.length, 0xff)
    const forged = Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), digestInfo])
    const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQ' }
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    assert.equal(verify('sha256', message, publicKey, forged), true, 'OpenSSL accepts it')
    for (const exponent of [Buffer.of(1), Buffer.of(0, 0, 1)]) {
      const weak = new Map([...key, [-2, exponent]])
      assert.equal(isUsableKey(weak), false)
      assert.equal(isSignatureValid(weak, message, forged), false)
    }
  })

  for (const hex of smallOrder)
    test(`isUsableKey() refuses the Ed25519 key ${hex.slice(0, 8)}…, under which anyone can sign`, () => {
      const y = Buffer.from(hex, 'hex')
      const negative = Buffer.from(y)
      negative.writeUInt8(negative.readUInt8(31) | 0x80, 31)
      const forgery = forge(y)
      assert.ok(forgery, 'OpenSSL accepts a forged signature')
      for (const x of [y, negative]) {
        assert.equal(isUsableKey(ed25519Key(x)), false)
        assert.equal(isSignatureValid(ed25519Key(x), forgery.message, forgery.signature), false)
      }
    })

  test('isSignatureValid() refuses every signature under an Ed25519 key that is not a point', () => {
    // 2 is the y coordinate of no point.
    const key = ed25519Key(Buffer.of(2, ...Array(31).fill(0)))
    const { privateKey } = newKeyPair('Ed25519')
    for (const signature of [Buffer.alloc(64), sign(null, message, privateKey), Buffer.alloc(0)])
      assert.equal(isSignatureValid(key, message, signature), false)
  })

  test('isSignatureValid() refuses signatures of wrong sizes without throwing', () => {
    const keys = [
      newEcKey(ellipticCurves[0]).key,
      newRsaKey().key,
      ed25519Key(coordinate(newKeyPair('Ed25519').publicKey.export({ format: 'jwk' }).x)),
    ]
    for (const key of keys) {
      assert.equal(isUsableKey(key), true)
      for (const size of [0, 1, 63, 64, 65, 255, 256, 257, 1024])
        assert.equal(isSignatureValid(key, message, Buffer.alloc(size, 0x30)), false)
    }
  })
})

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer')

/** A message and a signature that OpenSSL accepts under a key of small order, made without a private key. */
function forge(x: Buffer): { message: Buffer; signature: Buffer } | null {
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') },
    format: 'jwk',
  })
  for (const hex of smallOrder)
    for (let tries = 0; tries < 64; tries += 1) {
      const text = Buffer.from(`message ${tries}`)
      const signature = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(32)])
      if (verify(null, text, key, signature)) return { message: text, signature }
    }
  return null
}
