import type { KeyObject } from 'node:crypto'
import { createPublicKey, verify } from 'node:crypto'
import { encodeBase64url } from '../base/base64url.js'
import type { Cbor, CborMap } from './cbor.js'

/** COSE algorithm identifiers. @see IANA COSE Algorithms */
export const coseAlgorithm = {
  eddsa: -8,
  es256: -7,
  es384: -35,
  es512: -36,
  rs256: -257,
} as const

/** The algorithms that a registration offers, in order of preference. @see WebAuthn Level 3, section 5.4, pubKeyCredParams */
export const offeredAlgorithms: readonly number[] = Object.freeze([
  coseAlgorithm.eddsa,
  coseAlgorithm.es256,
  coseAlgorithm.rs256,
])

/** Labels of a COSE key. @see RFC 9052 section 7.1; RFC 9053 section 7; RFC 8230 section 4 */
const label = { kty: 1, alg: 3, crv: -1, x: -2, y: -3, n: -1, e: -2 } as const
const keyType = { okp: 1, ec2: 2, rsa: 3 } as const

interface Curve {
  readonly id: number
  readonly name: string
  readonly bytes: number
}

/** The key's JWK form and the digest that its algorithm signs; EdDSA has none, it signs the message itself. */
interface KeyMaterial {
  readonly jwk: Record<string, string>
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null
}

/** Curve and digest of each ECDSA algorithm. @see WebAuthn Level 3, section 5.8.5 */
const ecdsa = new Map<Cbor | undefined, { curve: Curve; digest: 'sha256' | 'sha384' | 'sha512' }>([
  [coseAlgorithm.es256, { curve: { id: 1, name: 'P-256', bytes: 32 }, digest: 'sha256' }],
  [coseAlgorithm.es384, { curve: { id: 2, name: 'P-384', bytes: 48 }, digest: 'sha384' }],
  [coseAlgorithm.es512, { curve: { id: 3, name: 'P-521', bytes: 66 }, digest: 'sha512' }],
])
const ed25519: Curve = { id: 6, name: 'Ed25519', bytes: 32 }

/**
 * The y coordinates of the Ed25519 points of small order, little-endian, with their non-canonical encodings.
 * Anyone can sign under such a key without a private key, and OpenSSL accepts it: under the first one,
 * 64 zero bytes are a signature of every fourth message.
 * @see "Taming the many EdDSAs", https://eprint.iacr.org/2020/1244
 */
const smallOrderPoints: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])

/** NIST SP 800-57 part 1, table 2: at least 2,048 bits; more than 4,096 bits only cost time. */
const rsaBytes = { min: 256, max: 512 } as const

/** The algorithm that a COSE key declares. */
export const algorithmOf = (key: CborMap): Cbor | undefined => key.get(label.alg)

/**
 * Returns whether a COSE key is usable: the key type, curve and size of its algorithm, a point on that curve, and
 * no other parameter. Authenticators write nothing else. An Ed25519 key that is not a point is not noticed here,
 * because OpenSSL decodes it with the first signature; no signature verifies under it.
 * @see WebAuthn Level 3, section 6.5.1.1
 */
export function isUsableKey(key: CborMap): boolean {
  const material = keyMaterial(key)
  return material !== null && importKey(material) !== null
}

/**
 * Verifies a signature over `message`. Returns false for every key that `isUsableKey` refuses, and never throws.
 * OpenSSL accepts one DER encoding of an ECDSA signature. It also accepts (r, n - s) beside (r, s), as the
 * algorithm does: a challenge is valid once, so a second signature for the same challenge is worth nothing.
 * @see WebAuthn Level 3, section 6.5.5, signature formats
 */
export function isSignatureValid(
  key: CborMap,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const material = keyMaterial(key)
  if (material === null) return false
  const publicKey = importKey(material)
  return publicKey !== null && verify(material.digest, message, publicKey, signature)
}

/** Null for what OpenSSL refuses, such as a point that is not on the curve. */
function importKey({ jwk }: KeyMaterial): KeyObject | null {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return null
  }
}

function keyMaterial(key: CborMap): KeyMaterial | null {
  const algorithm = algorithmOf(key)
  if (algorithm === coseAlgorithm.rs256) return rsaKey(key)
  if (algorithm === coseAlgorithm.eddsa) return okpKey(key)
  const parameters = ecdsa.get(algorithm)
  return parameters === undefined ? null : ec2Key(key, parameters)
}

function rsaKey(key: CborMap): KeyMaterial | null {
  const modulus = bytesOf(key, label.n, rsaBytes.min, rsaBytes.max)
  const exponent = bytesOf(key, label.e, 1, 4)
  if (key.get(label.kty) !== keyType.rsa || key.size !== 4) return null
  // A leading zero would make a shorter modulus look long enough.
  if (modulus === null || exponent === null || modulus[0] === 0) return null
  if (!isOdd(modulus) || !isOdd(exponent) || isOne(exponent)) return null
  return {
    jwk: { kty: 'RSA', n: encodeBase64url(modulus), e: encodeBase64url(exponent) },
    digest: 'sha256',
  }
}

/** RFC 8017 section 3.1 requires e to be between 3 and n - 1; with 1 a signature is the padded message itself. */
const isOne = (number: Uint8Array): boolean =>
  number.at(-1) === 1 && number.subarray(0, -1).every((byte) => byte === 0)

const isOdd = (number: Uint8Array): boolean => ((number.at(-1) ?? 0) & 1) === 1

function okpKey(key: CborMap): KeyMaterial | null {
  const x = bytesOf(key, label.x, ed25519.bytes)
  if (key.get(label.kty) !== keyType.okp || key.get(label.crv) !== ed25519.id || key.size !== 4)
    return null
  if (x === null || isSmallOrder(x)) return null
  return { jwk: { kty: 'OKP', crv: ed25519.name, x: encodeBase64url(x) }, digest: null }
}

/** The highest bit is the sign of x, which the order does not depend on. */
function isSmallOrder(point: Uint8Array): boolean {
  const y = Buffer.from(point)
  y.writeUInt8(y.readUInt8(31) & 0x7f, 31)
  return smallOrderPoints.has(y.toString('hex'))
}

function ec2Key(
  key: CborMap,
  { curve, digest }: { curve: Curve; digest: KeyMaterial['digest'] },
): KeyMaterial | null {
  const x = bytesOf(key, label.x, curve.bytes)
  const y = bytesOf(key, label.y, curve.bytes)
  if (key.get(label.kty) !== keyType.ec2 || key.get(label.crv) !== curve.id || key.size !== 5)
    return null
  if (x === null || y === null) return null
  return {
    jwk: { kty: 'EC', crv: curve.name, x: encodeBase64url(x), y: encodeBase64url(y) },
    digest,
  }
}

function bytesOf(key: CborMap, name: number, min: number, max = min): Uint8Array | null {
  const value = key.get(name)
  return value instanceof Uint8Array && value.length >= min && value.length <= max ? value : null
}
