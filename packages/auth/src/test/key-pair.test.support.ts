import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'

/** A key pair that can be exported as a JWK at any time. */
export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

export type KeyPairKind = 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'RSA'

/**
 * Generates a key pair and imports it again. The process would hang forever when the garbage collector ran while it
 * exported a generated key as a JWK: the export holds the lock of the key, and so does the destructor of the job that
 * generated the key, on the same thread (Node 20.20.2).
 */
export function newKeyPair(kind: KeyPairKind): KeyPair {
  const { publicKey, privateKey } = generate(kind)
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' })
  return { publicKey: createPublicKey(publicPem), privateKey: createPrivateKey(privatePem) }
}

function generate(kind: KeyPairKind): KeyPair {
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519')
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: kind })
}
