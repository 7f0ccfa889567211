import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { EmailKey, UserId } from 'torii-core'
import { decodeBase64urlExact } from '../base/base64url.js'
import type { KeyRing } from '../crypto/key-ring.js'

// A browser that signed in keeps a cookie that proves it (OWASP's device cookie). It is no authenticator: its only right
// is a separate counter, so that strangers' guesses do not lock its user out. The cookie holds up to five entries, one
// for each account, newest first: a random id, the time, an HMAC over both and the email address, and after a sign-in one over
// them and the user's id, since a code of a second factor comes without an email address. So it contains no email address, and
// nothing that tells which accounts used a shared computer.

/** How long a browser is known after its last sign-in: half a year. */
export const knownBrowserSeconds = 15_552_000

const maxEntries = 5
/** Five entries and the HMAC of the whole are shorter. */
const maxLength = 640
const idBytes = 16
const macBytes = 32
const userMacBytes = 16
const purpose = 'known-browsers'

/** A browser that signed in before. */
export interface KnownBrowser {
  /** The id of its last sign-in. */
  readonly id: string
  /** Returns the id of its last sign-in to the account with this email address, or null. */
  idFor(email: EmailKey): string | null
  /** Returns the id of its last sign-in to the account of this user, or null; a reset of the password is none. */
  idForUser(userId: UserId): string | null
}

interface Entry {
  readonly id: string
  readonly seconds: number
  readonly mac: Buffer
  /** Null in an entry that a reset made. */
  readonly userMac: Buffer | null
  readonly text: string
}

/** Reads a device cookie. Null if it is missing, malformed, older than half a year or not genuine, or without keys. */
export function readDeviceCookie(keys: KeyRing, cookie: string | null): KnownBrowser | null {
  const entries = readEntries(keys, cookie)
  const [newest] = entries
  if (newest === undefined) return null
  return {
    id: newest.id,
    idFor: (email) => entries.find((entry) => isOf(keys, entry, email))?.id ?? null,
    idForUser: (userId) => entries.find((entry) => isOfUser(keys, entry, userId))?.id ?? null,
  }
}

/**
 * Returns the device cookie of a browser that has just signed in to the account with this email address: its former
 * cookie with a new entry in the first place. `userId` is null where only the mailbox was proved. Null without keys.
 */
export function nextDeviceCookie(
  keys: KeyRing,
  former: string | null,
  email: EmailKey,
  userId: UserId | null = null,
): string | null {
  if (keys.isEmpty) return null
  const others = readEntries(keys, former).filter((entry) => !isOf(keys, entry, email))
  const id = randomBytes(idBytes).toString('base64url')
  const seconds = now()
  const mac = keys.hmac(purpose, ['entry', email, id, String(seconds)])
  const entry = `${id}:${seconds.toString(36)}:${mac.toString('base64url')}`
  const added = userId === null ? entry : `${entry}:${userMac(keys, { id, seconds }, userId)}`
  const texts = [added, ...others.slice(0, maxEntries - 1).map(({ text }) => text)]
  const whole = keys.hmac(purpose, ['cookie', ...texts])
  return [...texts, whole.toString('base64url')].join('.')
}

function readEntries(keys: KeyRing, cookie: string | null): readonly Entry[] {
  if (keys.isEmpty || cookie === null || cookie.length > maxLength) return []
  const texts = cookie.split('.')
  const whole = decodeBase64urlExact(texts.pop(), macBytes)
  if (whole === null || texts.length < 1 || texts.length > maxEntries) return []
  if (!isGenuine(keys, ['cookie', ...texts], whole)) return []
  const oldest = now() - knownBrowserSeconds
  return texts.flatMap(readEntry).filter(({ seconds }) => seconds > oldest)
}

/** Only for the entries of a genuine cookie, which have this form. */
function readEntry(text: string): Entry[] {
  const [id = '', time = '', code = '', userCode] = text.split(':')
  const mac = decodeBase64urlExact(code, macBytes)
  const userMac = decodeBase64urlExact(userCode, userMacBytes)
  return mac === null ? [] : [{ id, seconds: Number.parseInt(time, 36), mac, userMac, text }]
}

const isOf = (keys: KeyRing, { id, seconds, mac }: Entry, email: EmailKey): boolean =>
  isGenuine(keys, ['entry', email, id, String(seconds)], mac)

const partsOfUser = ({ id, seconds }: Pick<Entry, 'id' | 'seconds'>, userId: UserId) => [
  ...['user', userId, id],
  String(seconds),
]

const userMac = (keys: KeyRing, entry: Pick<Entry, 'id' | 'seconds'>, userId: UserId): string =>
  keys.hmac(purpose, partsOfUser(entry, userId)).subarray(0, userMacBytes).toString('base64url')

const isOfUser = (keys: KeyRing, { userMac: mac, ...entry }: Entry, userId: UserId): boolean =>
  mac !== null &&
  keys
    .hmacCandidates(purpose, partsOfUser(entry, userId))
    .some((candidate) => timingSafeEqual(candidate.subarray(0, userMacBytes), mac))

/** Under any of the keys, so that a rotation forgets no browser. */
const isGenuine = (keys: KeyRing, parts: readonly string[], mac: Uint8Array): boolean =>
  keys.hmacCandidates(purpose, parts).some((candidate) => timingSafeEqual(candidate, mac))

const now = (): number => Math.floor(Date.now() / 1000)
