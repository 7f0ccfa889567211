import type {
  IpAddressCharge,
  MailCharges,
  PasskeyCeremony,
  RateLimitCharges,
  TokenHash,
  VerificationKey,
  VerificationPurpose,
} from 'torii-core'
import { checkText, InvalidInputError, parseUserId } from 'torii-core'
import { checkCharges, checkObject } from './input.js'

// Shapes of links, tokens, accounts and passkeys; see input.ts.

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

/** A list of 1 to `max` hashes. */
export function checkHashes(
  value: readonly TokenHash[],
  field: string,
  max: number,
): readonly TokenHash[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > max)
    throw new InvalidInputError(field, `must be a list of 1 to ${max} hashes`)
  return value
}

/** Null counts against no rate limit. */
export const checkMailCharges = (value: MailCharges | null): RateLimitCharges =>
  value === null ? { account: null, ipAddress: null } : checkGivenMailCharges(value)

/** The email's allowance counts as the account's. */
export function checkGivenMailCharges(value: MailCharges): RateLimitCharges {
  const { address, ipAddress } = checkObject(value, 'charges')
  if (address === null) throw new InvalidInputError('charges.address', 'must be an object')
  return checkCharges({ account: address, ipAddress })
}

/** A charge of the IP address alone, which may be unknown. */
export const checkIpAddressCharge = (ipAddress: IpAddressCharge | null): RateLimitCharges =>
  ipAddress === null
    ? { account: null, ipAddress: null }
    : checkCharges({ account: null, ipAddress })

const purposes: readonly VerificationPurpose[] = [
  'verify_email',
  'reset_password',
  'change_email',
  'undo_second_factor',
]

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

/** Null: it is not known. */
export const checkUserHandle = (value: unknown): Uint8Array | null =>
  value === null ? null : checkBytes(value, 'userHandle', 1, 64)

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

/** The primary key of the link or token with this hash. @throws InvalidInputError for anything but a hash */
export function linkIdOf(hash: TokenHash): string {
  if (!(hash instanceof Uint8Array)) throw new InvalidInputError('secretHash', 'must be a hash')
  const hex = Buffer.from(hash.subarray(0, 16)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The values of what names and proves a mailed token. */
export function tokenKeyValues(value: VerificationKey) {
  const { userId, secretHash } = checkObject(value, 'key')
  return { userId, linkId: linkIdOf(secretHash), secretHash }
}
