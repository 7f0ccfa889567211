import { timingSafeEqual } from 'node:crypto'
import type { NewTrustedBrowser, PresentedTrust, Session, TokenHash, UserId } from 'torii-core'
import { maxTrustedAccounts, newTrustedBrowserId, tokenHash } from 'torii-core'
import { base64urlLength, decodeBase64urlExact, encodeBase64url } from '../../base/base64url.js'
import { hash } from '../../base/hash.js'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { ResolvedOptions } from '../options/options.js'
import { trustSeconds } from '../options/second-factor.js'

// The cookie of a trusted browser holds up to five entries, one for each account, newest first: a secret, and the first half
// of an HMAC over it and the user id, by which a sign-in finds the entry that it replaces. So the cookie does not say whose
// entries they are. The secret is derived from the session that the statement opens and from a key of the application: an
// answer that is sent twice sets the same cookie, and neither the database nor the session token tells it.

const secretBytes = 32
const markBytes = 16
const entryBytes = secretBytes + markBytes
/** Five entries with what separates them. */
const maxLength = maxTrustedAccounts * (base64urlLength(entryBytes) + 1) - 1
const purpose = 'trusted-browsers'

type TrustOptions = Pick<ResolvedOptions, 'keys' | 'secondFactor'>

/** A session to open or an opened one, by its secret. */
type SessionSecret = { readonly secretHash: TokenHash }

interface Entry {
  readonly secret: Buffer
  readonly mark: Buffer
  readonly text: string
}

/** What the browser presents at a sign-in that opens this session; null without an entry, and where no browser is trusted. */
export function presentedTrust(
  { keys, secondFactor }: TrustOptions,
  { trustedCookie }: CheckedRequestInfo,
  session: SessionSecret,
): PresentedTrust | null {
  if (trustSeconds(secondFactor) === null) return null
  const entries = readEntries(trustedCookie)
  if (entries.length === 0) return null
  return {
    secretHashes: entries.map(({ secret }) => hashSecret(secret)),
    newSecretHash: hashSecret(secretOf(keys, session)),
  }
}

/** The browser to trust by a second factor that opens this session; null where no browser is trusted. */
export function newTrustedBrowser(
  { keys, secondFactor }: TrustOptions,
  { trustedCookie }: CheckedRequestInfo,
  session: SessionSecret,
): NewTrustedBrowser | null {
  const lifetimeSeconds = trustSeconds(secondFactor)
  if (lifetimeSeconds === null) return null
  return {
    id: newTrustedBrowserId(),
    secretHash: hashSecret(secretOf(keys, session)),
    formerHashes: readEntries(trustedCookie).map(({ secret }) => hashSecret(secret)),
    lifetimeSeconds,
  }
}

/** A session that a sign-in has opened, and whether it made its browser a trusted one. */
export interface OpenedInBrowser {
  readonly userId: UserId
  readonly session: Pick<Session, 'level'>
  readonly secretHash: TokenHash
  readonly isNewlyTrusted: boolean
}

/**
 * The trusted-browser cookie after a sign-in; null where it stays as it is. A session of level 1 in a browser that has an entry
 * of the user was opened by that one, or its user has no second factor any more: then it is worth nothing, before and after.
 */
export function nextTrustedCookie(
  { keys, secondFactor }: TrustOptions,
  { trustedCookie }: CheckedRequestInfo,
  { userId, session, secretHash, isNewlyTrusted }: OpenedInBrowser,
): string | null {
  if (trustSeconds(secondFactor) === null) return null
  const entries = readEntries(trustedCookie)
  const others = entries.filter((entry) => !isOf(keys, entry, userId))
  const isUsed = session.level === 1 && others.length < entries.length
  if (!isNewlyTrusted && !isUsed) return null
  const secret = secretOf(keys, { secretHash })
  const mark = keys.hmac(purpose, ['mark', userId, secret]).subarray(0, markBytes)
  const added = encodeBase64url(Buffer.concat([secret, mark]))
  return [added, ...others.slice(0, maxTrustedAccounts - 1).map(({ text }) => text)].join('.')
}

function readEntries(cookie: string | null): readonly Entry[] {
  if (cookie === null || cookie.length > maxLength) return []
  return cookie.split('.').flatMap((text) => {
    const bytes = decodeBase64urlExact(text, entryBytes)
    if (bytes === null) return []
    return [{ secret: bytes.subarray(0, secretBytes), mark: bytes.subarray(secretBytes), text }]
  })
}

/** Under any of the keys, so that a rotation leaves no entry twice. */
const isOf = (keys: KeyRing, { secret, mark }: Entry, userId: UserId): boolean =>
  keys
    .hmacCandidates(purpose, ['mark', userId, secret])
    .some((candidate) => timingSafeEqual(candidate.subarray(0, markBytes), mark))

const secretOf = (keys: KeyRing, { secretHash }: SessionSecret): Buffer =>
  keys.hmac(purpose, ['secret', secretHash])

/** SHA-256, separated by purpose from the hashes of all other secrets. */
const hashSecret = (secret: Buffer): TokenHash =>
  tokenHash(
    hash('sha256', Buffer.concat([Buffer.from('torii:trusted-browser:'), secret]), 'buffer'),
  )
