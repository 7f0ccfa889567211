import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { ValidSession } from 'torii-core'
import { InvalidOptionsError } from 'torii-core'
import { readFunction, readSection, readWholeNumber } from '../../base/option-checks.js'
import { defaults } from './defaults.js'

/** The supported signature algorithms. */
export type JwtAlgorithm = 'EdDSA' | 'ES256' | 'RS256'

/** A signing key. A new key needs a new id. */
export interface JwtKey {
  /** The `kid` in the header of each token: 1 to 64 letters, digits, `_`, `.` and `-`. */
  readonly id: string
  /** The only algorithm for which this key is used. */
  readonly algorithm: JwtAlgorithm
  /** PKCS#8 in PEM, or a `KeyObject`. */
  readonly privateKey: string | KeyObject
}

/** The options of short-lived tokens for services without access to the database. */
export interface JwtOptionsInput {
  /** The first key signs, all of them verify. To rotate, add the new key at the end, then move it to the front. */
  readonly keys: readonly JwtKey[]
  /** The audience of the tokens: `aud`. */
  readonly audience: string
  /** Seconds for which a token is valid, 30 to 900, even if the session ends before (default: 300). */
  readonly lifetimeSeconds?: number
  /** The application's claims. Names of RFC 7519 and of Torii are refused when a token is created. */
  readonly claims?: (valid: ValidSession<object>) => Readonly<Record<string, unknown>>
}

/** A validated signing key. */
export interface SigningKey {
  readonly id: string
  readonly algorithm: JwtAlgorithm
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** The validated options of the service. */
export interface JwtOptions {
  readonly keys: readonly [SigningKey, ...SigningKey[]]
  readonly audience: string
  readonly lifetimeSeconds: number
  readonly claims: NonNullable<JwtOptionsInput['claims']>
}

const idForm = /^[A-Za-z0-9_.-]{1,64}$/
const maxSeconds = 900
/** The minimum of NIST SP 800-57 part 1. */
const minRsaBits = 2048

/** Returns null if the option is absent. @throws InvalidOptionsError, which never repeats a key */
export function resolveJwt(value: unknown): JwtOptions | null {
  if (value === undefined) return null
  const given = readSection(value, 'jwt', ['keys', 'audience', 'lifetimeSeconds', 'claims'])
  const { audience } = given
  if (typeof audience !== 'string' || audience === '')
    throw new InvalidOptionsError('jwt.audience', 'must be a non-empty string')
  return Object.freeze({
    keys: readKeys(given.keys),
    audience,
    lifetimeSeconds: readWholeNumber(given.lifetimeSeconds, 'jwt.lifetimeSeconds', {
      min: 30,
      max: maxSeconds,
      otherwise: defaults.jwt.lifetimeSeconds,
    }),
    claims:
      readFunction<NonNullable<JwtOptionsInput['claims']>>(given.claims, 'jwt.claims') ??
      (() => ({})),
  })
}

function readKeys(value: unknown): JwtOptions['keys'] {
  const keys = Array.isArray(value) ? Array.from(value, readKey) : []
  const [first, ...others] = keys
  if (first === undefined) throw new InvalidOptionsError('jwt.keys', 'must be an array of keys')
  if (new Set(keys.map(({ id }) => id)).size < keys.length)
    throw new InvalidOptionsError('jwt.keys', 'must have different ids')
  return Object.freeze([first, ...others])
}

function readKey(value: unknown, index: number): SigningKey {
  const option = `jwt.keys[${index}]`
  const given = readSection(value ?? null, option, ['id', 'algorithm', 'privateKey'])
  const { id, algorithm } = given
  if (typeof id !== 'string' || !idForm.test(id))
    throw new InvalidOptionsError(
      `${option}.id`,
      'must be 1 to 64 letters, digits, "_", "." and "-"',
    )
  if (algorithm !== 'EdDSA' && algorithm !== 'ES256' && algorithm !== 'RS256')
    throw new InvalidOptionsError(`${option}.algorithm`, 'must be EdDSA, ES256 or RS256')
  const privateKey = readPrivateKey(given.privateKey, `${option}.privateKey`)
  if (!fits(privateKey, algorithm))
    throw new InvalidOptionsError(
      `${option}.privateKey`,
      'must be Ed25519 for EdDSA, P-256 for ES256, RSA of at least 2,048 bits for RS256',
    )
  return Object.freeze({ id, algorithm, privateKey, publicKey: createPublicKey(privateKey) })
}

function readPrivateKey(value: unknown, option: string): KeyObject {
  try {
    // Any other value throws in the next line, like a malformed key.
    const key = typeof value === 'string' ? createPrivateKey(value) : (value as KeyObject)
    if (key.type === 'private') return key
  } catch {
    // The parser's message could repeat a part of the key.
  }
  throw new InvalidOptionsError(option, 'must be a private key: PKCS#8 in PEM, or a KeyObject')
}

function fits(
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
  algorithm: JwtAlgorithm,
) {
  switch (algorithm) {
    case 'EdDSA':
      return type === 'ed25519'
    case 'ES256':
      return type === 'ec' && details?.namedCurve === 'prime256v1'
    case 'RS256':
      return type === 'rsa' && (details?.modulusLength ?? 0) >= minRsaBits
    default:
      return algorithm satisfies never
  }
}
