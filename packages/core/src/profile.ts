import { InvalidInputError, invalidValue } from './errors.js'
import { checkText, isStorable } from './text.js'

/** The size limits of a user's profile. */
export const profileLimits = Object.freeze({
  nameCodePoints: 200,
  pictureBytes: 2048,
  metadataBytes: 16_384,
  metadataDepth: 32,
})

/** A value that JSON represents without loss. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/** The profile fields a person or an application may change; an absent field stays as it is. */
export interface ProfileChanges<Metadata extends object = Record<string, Json>> {
  /** Display name, 1 to 200 characters, or null for none. */
  name?: string | null
  /** An https URL of at most 2,048 bytes, or null for none. */
  picture?: string | null
  /** The application's own data: a JSON object of at most 16 KiB. Replaces the former one. */
  metadata?: Metadata
}

/** Validates a name and returns it unchanged. @throws InvalidInputError */
export function checkName(value: unknown): string | null {
  if (value === null) return null
  const name = checkText(value, 'name', {
    codePoints: profileLimits.nameCodePoints,
    kind: 'value',
  })
  if (name.trim() === '') throw invalidValue('name', 'must not be blank')
  if (/\p{Cc}/u.test(name)) throw invalidValue('name', 'must not contain control characters')
  return name
}

/** Validates a picture URL and returns it unchanged. @throws InvalidInputError */
export function checkPicture(value: unknown): string | null {
  if (value === null) return null
  const picture = checkText(value, 'picture', { bytes: profileLimits.pictureBytes, kind: 'value' })
  // The URL parser drops tabs, new lines and outer spaces; the text itself must be the address.
  if (/[\s\p{Cc}\\"'<>]/u.test(picture) || !isHttpsUrl(picture))
    throw invalidValue('picture', 'must be an https URL')
  return picture
}

function isHttpsUrl(text: string): boolean {
  if (!/^https:\/\/[^/]/i.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

/**
 * Validates the metadata and returns its JSON text. Refuses values that JSON would change or drop (functions, dates,
 * NaN, sparse arrays, getters), so that a read returns exactly the stored value.
 * @throws InvalidInputError
 */
export function checkMetadata(value: unknown): string {
  if (!isPlainObject(value)) throw new InvalidInputError('metadata', 'must be a plain object')
  // Every value takes at least one byte of JSON: counting stops early for a huge value, or one referenced many times.
  checkJson(value, 1, { values: profileLimits.metadataBytes })
  const text = JSON.stringify(value)
  if (Buffer.byteLength(text) > profileLimits.metadataBytes) throw tooLarge()
  return text
}

const tooLarge = (): InvalidInputError =>
  new InvalidInputError(
    'metadata',
    `must have at most ${profileLimits.metadataBytes} bytes as JSON`,
  )

function checkJson(value: unknown, depth: number, left: { values: number }): void {
  left.values -= 1
  if (left.values < 0) throw tooLarge()
  if (depth > profileLimits.metadataDepth)
    throw new InvalidInputError(
      'metadata',
      `must not nest deeper than ${profileLimits.metadataDepth}`,
    )
  if (value === null || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (typeof value === 'string') {
    checkJsonText(value)
    return
  }
  if (Array.isArray(value)) {
    for (const item of value) checkJson(item, depth + 1, left)
    return
  }
  if (!isPlainObject(value)) throw notJson()
  for (const key of Reflect.ownKeys(value)) checkMember(value, key, depth, left)
}

function checkMember(
  owner: object,
  key: string | symbol,
  depth: number,
  left: { values: number },
): void {
  const member = Object.getOwnPropertyDescriptor(owner, key)
  // A getter could return another value to JSON.stringify than to this check.
  if (typeof key === 'symbol' || member?.enumerable !== true || !('value' in member))
    throw notJson()
  checkJsonText(key)
  // As in JSON.stringify, a property that is undefined is a property that is absent.
  if (member.value !== undefined) checkJson(member.value, depth + 1, left)
}

const notJson = (): InvalidInputError =>
  new InvalidInputError('metadata', 'must contain only what JSON can hold')

function checkJsonText(text: string): void {
  if (text.length > profileLimits.metadataBytes) throw tooLarge()
  if (!isStorable(text))
    throw new InvalidInputError('metadata', 'must not contain NUL or half of a surrogate pair')
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
