import type { KeyObject } from 'node:crypto'
import { generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'

/** The key of a provider's ID tokens: RS256, which every client of OpenID Connect accepts. */
export interface ProviderKey {
  /** The public key, as the key set has it. */
  readonly jwk: object
  /** Returns a JWT with these claims. */
  sign(claims: object): string
}

const keyId = 'test'
const newKeyPair = promisify(generateKeyPair)
let created: Promise<ProviderKey> | null = null

/** One key for all providers of a process: a new one takes longer than a whole flow. */
export function providerKey(): Promise<ProviderKey> {
  created ??= createKey()
  return created
}

async function createKey(): Promise<ProviderKey> {
  const { privateKey, publicKey } = await newKeyPair('rsa', { modulusLength: 2048 })
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' },
    sign: (claims) => signJwt(claims, privateKey),
  }
}

/** @see RFC 7515 section 3.1 */
function signJwt(claims: object, key: KeyObject): string {
  const parts = [{ alg: 'RS256', typ: 'JWT', kid: keyId }, claims]
  const content = parts.map((part) => encode(Buffer.from(JSON.stringify(part)))).join('.')
  return `${content}.${encode(sign('sha256', Buffer.from(content), key))}`
}

const encode = (bytes: Buffer): string => bytes.toString('base64url')
