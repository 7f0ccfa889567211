import type {
  Charge,
  Ciphertext,
  MailCharges,
  OAuthAccountId,
  PasskeyCeremony,
  PasskeyId,
  RateLimitCharges,
  TokenHash,
  VerificationKey,
  VerificationPurpose,
} from 'torii-core'
import {
  checkText,
  InvalidInputError,
  parseOAuthAccountId,
  parsePasskeyId,
  parseUserId,
  tokenHash,
} from 'torii-core'
import { checkCharges, checkObject, checkUserId } from './input.js'

// Shapes of links, tokens, accounts and passkeys; see input.ts.

export function checkOAuthAccountId(value: unknown, field: string): OAuthAccountId {
  const id = parseOAuthAccountId(value)
  if (id === null) throw new InvalidInputError(field, 'must be a UUID')
  return id
}

export function checkPasskeyId(value: unknown, field: string): PasskeyId {
  const id = parsePasskeyId(value)
  if (id === null) throw new InvalidInputError(field, 'must be a UUID')
  return id
}

export function checkUuid(value: unknown, field: string): string {
  const id = parseUserId(value)
  if (id === null) throw new InvalidInputError(field, 'must be a UUID')
  return id
}

/** A text of 1 to so many bytes. */
export function checkShortText(value: unknown, field: string, bytes: number): string {
  const text = checkText(value, field, { bytes })
  if (text === '') throw new InvalidInputError(field, 'must not be empty')
  return text
}

/** The bytes themselves, which the caller must not change afterwards. */
export function checkBytes(value: unknown, field: string, min: number, max: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length < min || value.length > max)
    throw new InvalidInputError(field, `must be ${min} to ${max} bytes`)
  return value
}

export function checkCiphertext(value: Ciphertext, field: string): Ciphertext {
  checkBytes(value, field, 1, 65_536)
  return value
}

export const hashOrNull = (value: TokenHash | null, field: string): TokenHash | null => {
  if (value === null) return null
  checkBytes(value, field, 32, 32)
  return tokenHash(value)
}

/** 1 to `max` hashes. */
export function checkHashes(value: unknown, field: string, max: number): TokenHash[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > max)
    throw new InvalidInputError(field, `must be a list of 1 to ${max} hashes`)
  return Array.from(value, (hash: Uint8Array) => tokenHash(checkBytes(hash, field, 32, 32)))
}

/** Null charges nobody. */
export const checkMailCharges = (value: MailCharges | null): RateLimitCharges =>
  value === null ? { account: null, ipAddress: null } : checkGivenMailCharges(value)

/** The address's allowance counts as the account's. */
export function checkGivenMailCharges(value: MailCharges): RateLimitCharges {
  const { address, ipAddress } = checkObject(value, 'charges')
  if (address === null) throw new InvalidInputError('charges.address', 'must be an object')
  return checkCharges({ account: address, ipAddress })
}

/** A charge of the network alone, which may be unknown. */
export const checkIpAddressCharge = (ipAddress: Charge | null): RateLimitCharges =>
  ipAddress === null
    ? { account: null, ipAddress: null }
    : checkCharges({ account: null, ipAddress })

const purposes: readonly VerificationPurpose[] = ['verify_email', 'reset_password', 'change_email']

export const checkPurpose = (value: unknown, allowed = purposes): VerificationPurpose =>
  oneOf(value, allowed, 'purpose')

const ceremonies: readonly PasskeyCeremony[] = ['register', 'authenticate', 'reauthenticate']

export const checkCeremony = (value: unknown, allowed = ceremonies): PasskeyCeremony =>
  oneOf(value, allowed, 'ceremony')

function oneOf<Value extends string>(
  value: unknown,
  allowed: readonly Value[],
  field: string,
): Value {
  const found = allowed.find((known) => known === value)
  if (found === undefined)
    throw new InvalidInputError(field, `must be one of ${allowed.join(', ')}`)
  return found
}

/** 1 to 100 characters, none of them a control. */
export function checkPasskeyName(value: unknown): string {
  const name = checkText(value, 'name', { codePoints: 100 })
  if (name.trim() === '') throw new InvalidInputError('name', 'must not be blank')
  if (/\p{Cc}/u.test(name))
    throw new InvalidInputError('name', 'must not contain control characters')
  return name
}

export function checkTransports(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > 16)
    throw new InvalidInputError('transports', 'must be a list of at most 16 texts')
  return Array.from(value, (transport: unknown) => checkShortText(transport, 'transports', 32))
}

/** The values of what names and proves a mailed token. */
export function tokenKeyValues(value: VerificationKey) {
  const { userId, secretHash } = checkObject(value, 'key')
  return { userId: checkUserId(userId), secretHash: tokenHash(secretHash) }
}
