import { InvalidOptionsError } from 'torii-core'
import type { BaseUrl } from '../../base/base-url.js'
import { isPageOrigin } from '../../base/base-url.js'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import { isIpAddress, isWithin } from '../../base/same-site.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { PasskeyHint } from '../../webauthn/hints.js'
import { passkeyHints } from '../../webauthn/hints.js'
import { defaults } from './defaults.js'
import { maybeSendsCookies } from './trusted-origins.js'

/** The options of passkeys. They need the option `keys`. */
export interface PasskeyOptions {
  /**
   * The domain of the passkeys: the host of the base URL or a parent domain. Passkeys are bound to it, so it cannot be
   * changed later (default: the host of `baseUrl`, `localhost` for a loopback address).
   */
  readonly rpId: string
  /** The application's name in the browser's dialogs (default: `rpId`). */
  readonly rpName: string
  /**
   * The exact origins of pages that may use passkeys; `android:apk-key-hash:…` for an Android app (default: that of
   * `baseUrl` and those of `trustedOrigins` that are within `rpId`; none, and passkeys are off, if `baseUrl` is an IP address).
   * Origins outside of `rpId` are related origins: browsers let their pages use the passkeys if the host `rpId` serves
   * `/.well-known/webauthn`, as the handler does.
   * @see WebAuthn Level 3, section 5.11
   */
  readonly origins: readonly string[]
  /** The exact origins of pages that may embed the application in a frame that uses passkeys (default: none). */
  readonly topOrigins: readonly string[]
  /**
   * `required`: every sign-in by a passkey alone needs a biometric or a PIN, so that a lost security key cannot be used.
   * `preferred`: devices without them are accepted, so a passkey may be a single factor (default: `required`). As a second
   * factor after another sign-in method a passkey needs neither.
   */
  readonly userVerification: 'required' | 'preferred'
  /** Seconds for a ceremony, 60 to 600 (default: 300). */
  readonly challengeSeconds: number
  /** The most passkeys of one user, 1 to 100 (default: 20). */
  readonly maxPerUser: number
  /**
   * The kinds of authenticator that the browser offers first, the preferred one first (default: none, the browser decides).
   * @see WebAuthn Level 3, section 5.8.7
   */
  readonly hints: readonly PasskeyHint[]
  /**
   * Seconds after a sign-in by password in which the browser may create a passkey in the background, without a prompt, 0 to
   * 300; 0 turns this off (default: 300).
   */
  readonly upgradeSeconds: number
}

const androidOrigin = /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/
const domainForm = /^(?=.{1,253}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/
const maxNameCharacters = 64

/** Browsers have no passkeys on an IP address. @see WebAuthn Level 3, section 5.1.3 step 7: a valid domain string */
const noPasskeys =
  'must not be an IP address with passkeys, since browsers allow none there: use http://localhost:PORT, or a domain'

/** The other options on which those of passkeys depend. */
interface PasskeySite {
  readonly baseUrl: BaseUrl
  readonly trustedOrigins: readonly string[]
  readonly keys: KeyRing
}

/** @throws InvalidOptionsError if passkeys are used, but the base URL is an IP address */
export function requirePasskeyOrigins({ origins }: Pick<PasskeyOptions, 'origins'>): void {
  if (origins.length === 0) throw new InvalidOptionsError('baseUrl', noPasskeys)
}

/**
 * Resolves the options of passkeys. Without the option, and on a base URL that is an IP address, `origins` is empty: passkeys
 * are off.
 * @throws InvalidOptionsError, also if passkeys are configured without keys or on an IP address
 */
export function resolvePasskey(
  value: unknown,
  { baseUrl, trustedOrigins, keys }: PasskeySite,
): PasskeyOptions {
  const given = readSection(value, 'passkey', names)
  if (value !== undefined) keys.writing('user-handles')
  const rpId = readRpId(given.rpId, baseUrl)
  const origins = readOrigins(given.origins, 'origins') ?? originsOf(baseUrl, trustedOrigins, rpId)
  if (value !== undefined && given.origins === undefined)
    requireCommonRpId(baseUrl, trustedOrigins, rpId)
  if (given.origins === undefined && origins.length === 0 && value !== undefined)
    throw new InvalidOptionsError('baseUrl', noPasskeys)
  if (origins.length === 0 && value !== undefined)
    throw new InvalidOptionsError('passkey.origins', 'must name at least one origin')
  const pages = origins.filter((origin) => !androidOrigin.test(origin))
  if (pages.length > 0 && !pages.some(fits(rpId)))
    throw new InvalidOptionsError(
      'passkey.rpId',
      'must be the host of at least one origin, or a domain above it',
    )
  return Object.freeze({
    rpId,
    rpName: readName(given.rpName) ?? rpId,
    origins: Object.freeze(origins),
    topOrigins: Object.freeze(
      readOrigins(given.topOrigins, 'topOrigins') ?? defaults.passkey.topOrigins,
    ),
    userVerification: readUserVerification(given.userVerification),
    challengeSeconds: readWholeNumber(given.challengeSeconds, 'passkey.challengeSeconds', {
      // @see WebAuthn Level 3, section 15.1: five to ten minutes; less than one is too short for users.
      min: 60,
      max: 600,
      otherwise: defaults.passkey.challengeSeconds,
    }),
    maxPerUser: readWholeNumber(given.maxPerUser, 'passkey.maxPerUser', {
      min: 1,
      max: 100,
      otherwise: defaults.passkey.maxPerUser,
    }),
    hints: Object.freeze(readHints(given.hints)),
    upgradeSeconds: readWholeNumber(given.upgradeSeconds, 'passkey.upgradeSeconds', {
      min: 0,
      max: 300,
      otherwise: defaults.passkey.upgradeSeconds,
    }),
  })
}

/** Returns the origins of pages outside of the RP ID, which browsers look up at `/.well-known/webauthn`. */
export const relatedOrigins = ({
  origins,
  rpId,
}: Pick<PasskeyOptions, 'origins' | 'rpId'>): readonly string[] =>
  origins.filter((origin) => !androidOrigin.test(origin) && !fits(rpId)(origin))

const names: readonly (keyof PasskeyOptions)[] = [
  'rpId',
  'rpName',
  'origins',
  'topOrigins',
  'userVerification',
  'challengeSeconds',
  'maxPerUser',
  'hints',
  'upgradeSeconds',
]

function readRpId(value: unknown, baseUrl: BaseUrl): string {
  // Browsers do not accept an IP address as a domain; `localhost` works.
  const otherwise = baseUrl.origins.length > 1 ? 'localhost' : baseUrl.host
  if (value === undefined) return otherwise
  if (typeof value !== 'string' || !domainForm.test(value) || isIpAddress(value))
    throw new InvalidOptionsError('passkey.rpId', 'must be a domain such as app.example')
  return value
}

/** The origins of the base URL and the trusted ones within the RP ID, or none if the base URL is an IP address. */
const originsOf = (
  { origins, host }: BaseUrl,
  trustedOrigins: readonly string[],
  rpId: string,
): readonly string[] =>
  isIpAddress(host) ? [] : [...new Set([...origins, ...trustedOrigins])].filter(fits(rpId))

/** A page of the same site would otherwise have no passkeys, without a word. A page of another site or on an IP address never can. */
function requireCommonRpId(
  baseUrl: BaseUrl,
  trustedOrigins: readonly string[],
  rpId: string,
): void {
  const outside = trustedOrigins.find(
    (origin) =>
      maybeSendsCookies(baseUrl, origin) &&
      !isIpAddress(new URL(origin).hostname) &&
      !fits(rpId)(origin),
  )
  if (outside !== undefined)
    throw new InvalidOptionsError(
      'passkey.rpId',
      `must be a domain above the trusted origin ${outside} too, so that its pages can use passkeys; or set passkey.origins to the pages that use them`,
    )
}

const fits =
  (rpId: string) =>
  (origin: string): boolean =>
    isWithin(new URL(origin).hostname, rpId)

function readOrigins(value: unknown, name: string): string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.length > 32)
    throw new InvalidOptionsError(`passkey.${name}`, 'must be a list of at most 32 origins')
  return Array.from(value, (origin: unknown) => readOrigin(origin, `passkey.${name}`))
}

function readOrigin(value: unknown, option: string): string {
  if (isPageOrigin(value) || (typeof value === 'string' && androidOrigin.test(value))) return value
  throw new InvalidOptionsError(
    option,
    'must hold origins such as https://app.example, without a slash at the end',
  )
}

function readName(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const fitting = typeof value === 'string' && /^[^\p{C}]+$/u.test(value) && value.trim() !== ''
  if (!fitting || value.length > maxNameCharacters)
    throw new InvalidOptionsError(
      'passkey.rpName',
      `must be 1 to ${maxNameCharacters} visible characters`,
    )
  return value
}

function readUserVerification(value: unknown): PasskeyOptions['userVerification'] {
  if (value === undefined) return defaults.passkey.userVerification
  if (value === 'required' || value === 'preferred') return value
  throw new InvalidOptionsError('passkey.userVerification', 'must be required or preferred')
}

function readHints(value: unknown): readonly PasskeyHint[] {
  if (value === undefined) return defaults.passkey.hints
  const given: readonly unknown[] = Array.isArray(value) ? [...value] : []
  const hints = given.flatMap((hint) => passkeyHints.filter((name) => name === hint))
  if (!Array.isArray(value) || hints.length !== given.length || new Set(hints).size < hints.length)
    throw new InvalidOptionsError(
      'passkey.hints',
      `must be a list of ${passkeyHints.join(', ')}, each at most once`,
    )
  return hints
}
