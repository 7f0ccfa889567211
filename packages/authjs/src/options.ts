import type { Ciphertext } from 'torii-core'
import { InvalidOptionsError, unknownOption } from 'torii-core'

/** What of a provider's tokens is encrypted: strings, numbers and null by name. */
export type TokenRecord = Readonly<Record<string, string | number | null>>

/** Encrypts provider tokens for the storage: `createTokenEncryption(keys)` of torii-auth. */
export interface TokenEncryption {
  encrypt(tokens: TokenRecord, owner: { provider: string; subject: string }): Ciphertext
  decrypt(tokens: Uint8Array, owner: { provider: string; subject: string }): TokenRecord
}

/** The options of {@link ToriiAdapter}. All are optional. */
export interface ToriiAdapterOptions {
  /**
   * Encrypts the tokens of provider accounts (`access_token`, `refresh_token`, `id_token`): pass
   * `createTokenEncryption(keys)` of torii-auth (default: these tokens are not stored).
   */
  tokenEncryption?: TokenEncryption
  /**
   * The ids of OpenID Connect providers that verify email addresses, for example `['google']`. An account that they confirm
   * in the ID token (`email_verified: true`, the same address) is verified from the first sign-in. Without it, the first
   * magic link to an account that began at a provider removes that provider account, because whoever began it had not
   * proved the address (default: none).
   */
  trustedProviders?: readonly string[]
  /** The ids of the providers of type `webauthn` (default: `['passkey', 'webauthn']`). No other provider may use them. */
  webauthnProviders?: readonly string[]
  /**
   * Seconds from sign-in until a session ends even if it is used; Auth.js itself has no such limit (default: 400 days). A
   * session whose `maxAge` is longer ends after its `maxAge`.
   */
  absoluteSeconds?: number
  /**
   * Whether the application has an email provider, so that a verified address is a sign-in method by itself (default: true).
   * `unlinkAccount` refuses to remove a user's only sign-in method.
   */
  emailSignIn?: boolean
}

/** The options with their defaults. */
export interface ResolvedOptions {
  readonly tokenEncryption: TokenEncryption | null
  readonly trustedProviders: ReadonlySet<string>
  readonly webauthnProviders: ReadonlySet<string>
  readonly absoluteSeconds: number
  readonly emailSignIn: boolean
}

/** The longest life of a cookie in browsers. @see RFC 6265bis section 5.5 */
const longestSeconds = 400 * 86_400

const names = [
  'tokenEncryption',
  'trustedProviders',
  'webauthnProviders',
  'absoluteSeconds',
  'emailSignIn',
] as const satisfies readonly (keyof ToriiAdapterOptions)[]

/** Fills in the defaults. @throws InvalidOptionsError naming the option */
export function resolveOptions(given: ToriiAdapterOptions = {}): ResolvedOptions {
  const unknown = Object.keys(given).find((name) => !names.some((known) => known === name))
  if (unknown !== undefined) throw unknownOption(unknown, names)
  const { tokenEncryption = null, absoluteSeconds = longestSeconds, emailSignIn = true } = given
  if (
    tokenEncryption !== null &&
    (typeof tokenEncryption.encrypt !== 'function' || typeof tokenEncryption.decrypt !== 'function')
  )
    throw new InvalidOptionsError(
      'tokenEncryption',
      'must be what createTokenEncryption(keys) of torii-auth returns',
    )
  if (
    !Number.isSafeInteger(absoluteSeconds) ||
    absoluteSeconds < 1 ||
    absoluteSeconds > longestSeconds
  )
    throw new InvalidOptionsError(
      'absoluteSeconds',
      `must be a whole number from 1 to ${longestSeconds}`,
    )
  if (typeof emailSignIn !== 'boolean')
    throw new InvalidOptionsError('emailSignIn', 'must be true or false')
  return {
    tokenEncryption,
    trustedProviders: providerIds(given.trustedProviders ?? [], 'trustedProviders'),
    webauthnProviders: providerIds(
      given.webauthnProviders ?? ['passkey', 'webauthn'],
      'webauthnProviders',
    ),
    absoluteSeconds,
    emailSignIn,
  }
}

function providerIds(value: readonly string[], option: string): ReadonlySet<string> {
  if (!Array.isArray(value) || !value.every((id) => typeof id === 'string' && id !== ''))
    throw new InvalidOptionsError(option, 'must be an array of provider ids')
  return new Set(value)
}
