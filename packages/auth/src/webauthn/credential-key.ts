import { createPublicKey } from 'node:crypto'
import type { Cbor, CborMap } from './cbor.js'

/** COSE algorithm identifiers. @see IANA COSE Algorithms */
export const coseAlgorithm = {
  eddsa: -8,
  es256: -7,
  es384: -35,
  es512: -36,
  rs256: -257,
} as const

/** What is offered at registration, the best first. @see WebAuthn Level 3, section 5.4, pubKeyCredParams */
export const offeredAlgorithms: readonly number[] = Object.freeze([
  coseAlgorithm.eddsa,
  coseAlgorithm.es256,
  coseAlgorithm.rs256,
])

/** Labels of a COSE key. @see RFC 9052 section 7.1; RFC 9053 section 7; RFC 8230 section 4 */
const label = { kty: 1, alg: 3, crv: -1, x: -2, y: -3, n: -1, e: -2 } as const
const keyType = { okp: 1, ec2: 2, rsa: 3 } as const

/** The curve of each ECDSA algorithm. @see WebAuthn Level 3, section 5.8.5 */
const curves = new Map([
  [coseAlgorithm.es256 as number, { id: 1, name: 'P-256', bytes: 32 }],
  [coseAlgorithm.es384, { id: 2, name: 'P-384', bytes: 48 }],
  [coseAlgorithm.es512, { id: 3, name: 'P-521', bytes: 66 }],
])
const ed25519 = { id: 6, name: 'Ed25519', bytes: 32 } as const

/** NIST SP 800-57 part 1, table 2: 2,048 bits at least; more than 4,096 only costs time. */
const rsaBytes = { min: 256, max: 512 } as const

/** Whether signatures of this algorithm are DER, of two numbers. @see WebAuthn Level 3, section 6.5.5 */
export const isEcdsa = (algorithm: Cbor | undefined): boolean => curves.has(Number(algorithm))

/** The algorithm a COSE key says it is for. */
export const algorithmOf = (key: CborMap): Cbor | undefined => key.get(label.alg)

/**
 * Whether this is a usable key of its algorithm: that key type, curve and size, a point on that curve,
 * and no other parameter. An authenticator writes nothing else, and what is stored here must be able
 * to sign its owner in.
 * @see WebAuthn Level 3, section 6.5.1.1
 */
export function isUsableKey(key: CborMap): boolean {
  const jwk = jwkOf(key)
  if (jwk === null) return false
  try {
    createPublicKey({ key: jwk, format: 'jwk' })
    return true
  } catch {
    return false
  }
}

function jwkOf(key: CborMap): Record<string, string> | null {
  const algorithm = algorithmOf(key)
  if (algorithm === coseAlgorithm.rs256) return rsaKey(key)
  if (algorithm === coseAlgorithm.eddsa) return okpKey(key)
  const curve = curves.get(Number(algorithm))
  return curve === undefined ? null : ec2Key(key, curve)
}

function rsaKey(key: CborMap): Record<string, string> | null {
  const modulus = bytesOf(key, label.n, rsaBytes.min, rsaBytes.max)
  const exponent = bytesOf(key, label.e, 1, 4)
  if (key.get(label.kty) !== keyType.rsa || key.size !== 4) return null
  // A leading zero would make a shorter modulus look long enough.
  if (modulus === null || exponent === null || modulus[0] === 0) return null
  return { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) }
}

function okpKey(key: CborMap): Record<string, string> | null {
  const x = bytesOf(key, label.x, ed25519.bytes)
  if (key.get(label.kty) !== keyType.okp || key.get(label.crv) !== ed25519.id || key.size !== 4)
    return null
  return x === null ? null : { kty: 'OKP', crv: ed25519.name, x: base64url(x) }
}

function ec2Key(
  key: CborMap,
  curve: { id: number; name: string; bytes: number },
): Record<string, string> | null {
  const x = bytesOf(key, label.x, curve.bytes)
  const y = bytesOf(key, label.y, curve.bytes)
  if (key.get(label.kty) !== keyType.ec2 || key.get(label.crv) !== curve.id || key.size !== 5)
    return null
  return x === null || y === null
    ? null
    : { kty: 'EC', crv: curve.name, x: base64url(x), y: base64url(y) }
}

function bytesOf(key: CborMap, name: number, min: number, max = min): Uint8Array | null {
  const value = key.get(name)
  return value instanceof Uint8Array && value.length >= min && value.length <= max ? value : null
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
