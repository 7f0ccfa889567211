import type { KeyObject } from 'node:crypto'
import { createHmac, createSecretKey, hkdfSync } from 'node:crypto'
import { types } from 'node:util'
import { InvalidInputError, InvalidOptionsError } from 'torii-core'
import { decodeBase64url } from '../base/base64url.js'

/** A secret key of the application. It belongs in the configuration, never in the database. */
export interface ApplicationKey {
  /**
   * Stored with every value under this key: 1 to 32 letters, digits, `_` and `-`. A new secret needs a new id.
   */
  readonly id: string
  /** 32 to 1,024 random bytes: base64url without padding, or the bytes themselves, which are copied. */
  readonly secret: string | Uint8Array
}

/** The purpose of a sub-key. A value of one purpose is not valid for another. */
export type KeyPurpose =
  | 'provider-tokens'
  | 'totp-secrets'
  | 'recovery-codes'
  | 'oauth-states'
  | 'oauth-redirects'
  | 'id-token-nonces'
  | 'codes'
  | 'decoys'
  | 'user-handles'
  | 'pepper'
  | 'known-browsers'
  | 'trusted-browsers'
  | 'imported-sessions'

/** The HKDF `info` of each sub-key. Increment the number if the construction changes. */
const info: Readonly<Record<KeyPurpose, string>> = Object.freeze({
  'provider-tokens': 'torii:provider-tokens:1',
  'totp-secrets': 'torii:totp-secrets:1',
  'recovery-codes': 'torii:recovery-codes:1',
  'oauth-states': 'torii:oauth-states:1',
  'oauth-redirects': 'torii:oauth-redirects:1',
  'id-token-nonces': 'torii:id-token-nonces:1',
  codes: 'torii:codes:1',
  decoys: 'torii:decoys:1',
  'user-handles': 'torii:user-handles:1',
  pepper: 'torii:pepper:1',
  'known-browsers': 'torii:known-browsers:1',
  'trusted-browsers': 'torii:trusted-browsers:1',
  'imported-sessions': 'torii:imported-sessions:1',
})

/** What needs the option `keys`, for the message of a developer who has not set it. */
const neededBy: Readonly<Record<KeyPurpose, string>> = Object.freeze({
  'provider-tokens': 'keepTokens of a provider',
  'totp-secrets': 'second factors',
  'recovery-codes': 'second factors',
  'oauth-states': 'oauth.providers',
  'oauth-redirects': 'oauth.providers',
  'id-token-nonces': 'idTokenAudiences of a provider',
  codes: 'magicLink.code',
  decoys: 'passkeys',
  'user-handles': 'passkeys',
  pepper: 'the pepper of passwords',
  'known-browsers': 'known browsers',
  'trusted-browsers': 'secondFactor.trustedBrowsers',
  'imported-sessions': 'importedSessions',
})

/** The ciphertext format has one byte for the length. */
export const maxKeyIdBytes = 32
/** @see ApplicationKey.id */
export const keyIdForm = /^[A-Za-z0-9_-]{1,32}$/

/** The strength of SHA-256 and AES-256. @see OWASP ASVS 5.0, 11.2.3 */
const minSecretBytes = 32
const maxSecretBytes = 1024
const subKeyBytes = 32

/** The command that prints a secret. */
export const howToMakeOne = `node -p "require('crypto').randomBytes(32).toString('base64url')"`

/** A sub-key and the id of its key. A `KeyObject` shows its bytes only on `export()`. */
export interface NamedKey {
  readonly keyId: string
  readonly key: KeyObject
}

interface Held {
  readonly id: string
  readonly secret: KeyObject
  readonly subKeys: Map<KeyPurpose, KeyObject>
}

const inspect = Symbol.for('nodejs.util.inspect.custom')

/**
 * The keys of the application, in order: the first is used for new values, all of them for existing ones. Keys are never
 * used directly: each purpose has its own sub-key. Prints `[redacted]` everywhere.
 *
 * Without keys (`isEmpty`) every method throws InvalidOptionsError, which explains how to generate one. A feature that
 * requires keys calls {@link KeyRing.writing} at start.
 */
export class KeyRing {
  readonly #keys: readonly Held[]

  /** `keys` must be validated by {@link resolveKeys}. */
  constructor(keys: readonly { readonly id: string; readonly secret: Uint8Array }[]) {
    this.#keys = keys.map(({ id, secret }) => ({
      id,
      secret: createSecretKey(secret),
      subKeys: new Map(),
    }))
    Object.freeze(this)
  }

  /** True without keys; every method then throws. */
  get isEmpty(): boolean {
    return this.#keys.length === 0
  }

  /** Returns the sub-key for new values. @throws InvalidOptionsError without keys */
  writing(purpose: KeyPurpose): NamedKey {
    const [first] = this.#held(purpose)
    return { keyId: first.id, key: subKeyOf(first, purpose) }
  }

  /** Returns the sub-key of the key with this id, or null. @throws InvalidOptionsError without keys */
  reading(purpose: KeyPurpose, keyId: string): KeyObject | null {
    const held = this.#held(purpose).find(({ id }) => id === keyId)
    return held === undefined ? null : subKeyOf(held, purpose)
  }

  /**
   * Computes HMAC-SHA-256 of the parts under the current key. Different lists of parts are different inputs.
   * @throws InvalidOptionsError without keys
   * @throws InvalidInputError for text that UTF-8 cannot encode
   */
  hmac(purpose: KeyPurpose, parts: readonly (string | Uint8Array)[]): Buffer {
    return hmacUnder(this.writing(purpose).key, lengthPrefixed(parts))
  }

  /**
   * Computes {@link KeyRing.hmac} under each key, the current one first, so that a code that was mailed before a key
   * rotation is valid after it. The stored value may be any of them.
   * @throws InvalidOptionsError without keys
   * @throws InvalidInputError for text that UTF-8 cannot encode
   */
  hmacCandidates(
    purpose: KeyPurpose,
    parts: readonly (string | Uint8Array)[],
  ): readonly [Buffer, ...Buffer[]] {
    const input = lengthPrefixed(parts)
    const [first, ...others] = this.#held(purpose)
    const under = (held: Held) => hmacUnder(subKeyOf(held, purpose), input)
    return [under(first), ...others.map(under)]
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect](): string {
    return '[redacted]'
  }

  #held(purpose: KeyPurpose): readonly [Held, ...Held[]] {
    const [first, ...others] = this.#keys
    if (first === undefined)
      throw new InvalidOptionsError(
        'keys',
        `is required for ${neededBy[purpose]}: pass [{ id, secret }], with a secret that ${howToMakeOne} prints`,
      )
    return [first, ...others]
  }
}

/**
 * Derives a sub-key by HKDF-SHA-256. Uniformly random keys need no salt; `info` binds the sub-key to its purpose.
 * @see RFC 5869 sections 3.1 and 3.2
 */
function subKeyOf(held: Held, purpose: KeyPurpose): KeyObject {
  const known = held.subKeys.get(purpose)
  if (known !== undefined) return known
  const bytes = hkdfSync('sha256', held.secret, '', info[purpose], subKeyBytes)
  const subKey = createSecretKey(Buffer.from(bytes))
  held.subKeys.set(purpose, subKey)
  return subKey
}

const hmacUnder = (key: KeyObject, input: Uint8Array): Buffer =>
  createHmac('sha256', key).update(input).digest()

/**
 * Concatenates the parts, each after its length in four bytes, so that different lists give different results.
 * @throws InvalidInputError for unpaired surrogates, which UTF-8 would encode as the same bytes
 */
export function lengthPrefixed(parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part, index) => {
      if (typeof part === 'string' && /\p{Surrogate}/u.test(part))
        throw new InvalidInputError(`parts[${index}]`, 'must not contain unpaired surrogates')
      const bytes = typeof part === 'string' ? Buffer.from(part) : part
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}

/**
 * Reads the option `keys`. Error messages never repeat a value, since a secret may be in the wrong place.
 * @throws InvalidOptionsError naming the option, for example `keys[0].secret`
 */
export function resolveKeys(value: unknown): KeyRing {
  if (value === undefined) return new KeyRing([])
  if (!Array.isArray(value) || value.length === 0)
    throw new InvalidOptionsError(
      'keys',
      'must be an array of { id, secret }, the current key first',
    )
  const keys = Array.from(value, (entry: unknown, index) => readKey(entry, `keys[${index}]`))
  keys.forEach((key, index) => {
    const before = keys.slice(0, index)
    const sameId = before.findIndex(({ id }) => id === key.id)
    if (sameId >= 0)
      throw new InvalidOptionsError(`keys[${index}].id`, `must not be that of keys[${sameId}]`)
    const sameSecret = before.findIndex(({ secret }) => secret.equals(key.secret))
    if (sameSecret >= 0)
      throw new InvalidOptionsError(
        `keys[${index}].secret`,
        `must not be that of keys[${sameSecret}]: a new id with the old secret is no rotation`,
      )
  })
  return new KeyRing(keys)
}

function readKey(entry: unknown, option: string): { id: string; secret: Buffer } {
  if (typeof entry !== 'object' || entry === null)
    throw new InvalidOptionsError(option, 'must be { id, secret }')
  const { id, secret, ...others }: { id?: unknown; secret?: unknown } = entry
  if (Object.keys(others).length > 0)
    throw new InvalidOptionsError(option, 'must have an id and a secret and nothing else')
  if (typeof id !== 'string' || !keyIdForm.test(id))
    throw new InvalidOptionsError(`${option}.id`, 'must be 1 to 32 letters, digits, "_" and "-"')
  return { id, secret: readSecret(secret, `${option}.secret`) }
}

function readSecret(value: unknown, option: string): Buffer {
  if (value === undefined || value === '')
    throw new InvalidOptionsError(
      option,
      `is missing: check that the environment variable that has it is set; ${howToMakeOne} prints a secret`,
    )
  const bytes = types.isUint8Array(value)
    ? Buffer.from(value)
    : decodeBase64url(value, maxSecretBytes)
  if (bytes === null || bytes.length < minSecretBytes || bytes.length > maxSecretBytes)
    throw new InvalidOptionsError(
      option,
      `must be ${minSecretBytes} to ${maxSecretBytes} random bytes, as a Uint8Array or in base64url without padding; ${howToMakeOne} prints one`,
    )
  if (bytes.every((byte) => byte === bytes[0]))
    throw new InvalidOptionsError(option, 'must be random, and its bytes are all the same')
  return bytes
}
