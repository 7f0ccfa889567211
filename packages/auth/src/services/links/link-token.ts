import { randomBytes } from 'node:crypto'
import type { EmailKey, TokenHash, UserId, VerificationKey } from 'torii-core'
import { Secret, tokenHash } from 'torii-core'
import type { BaseUrl } from '../../base/base-url.js'
import { decodeBase64urlExact, encodeBase64url } from '../../base/base64url.js'
import { hash } from '../../base/hash.js'
import { linkPaths } from '../../base/paths.js'
import { formatUuid } from '../../base/uuid.js'

/** The purpose of a link. Its token is valid for this purpose only. */
export type LinkPurpose = keyof typeof linkPaths

export const linkPurposes: readonly LinkPurpose[] = [
  'magic_link',
  'verify_email',
  'reset_password',
  'change_email',
  'undo_second_factor',
]

/** The token in a link that Torii mails. A bearer secret: every caller that holds it can use the link. */
export class LinkToken extends Secret {
  declare readonly kind: 'LinkToken'
}

/** The URL to open, which contains the token. */
export class MailLink extends Secret {
  declare readonly kind: 'MailLink'
}

/** A prefix per purpose lets secret scanners find a leaked token, and shows a reader what it is. */
const prefixes: Readonly<Record<LinkPurpose, string>> = Object.freeze({
  magic_link: 'torii_m_',
  verify_email: 'torii_v_',
  reset_password: 'torii_r_',
  change_email: 'torii_c_',
  undo_second_factor: 'torii_u_',
})

/** 256 random bits; 128 are required. @see OWASP ASVS 5.0, 7.2.3 */
const secretBytes = 32
const idBytes = 16

const routeBytes = 8

/** Generates the secret of a new link of an account. */
export const newLinkSecret = (): Buffer => randomBytes(secretBytes)

/**
 * Generates the secret of a magic link. It begins with a routing key, a hash of the email address: magic links belong to
 * an address, not to a user, so a sharded database finds their shard by it, as it finds that of other links by the user's
 * id. The hash of the secret covers the routing key too, so each link has exactly one valid token.
 */
export const newMagicLinkSecret = (email: EmailKey): Buffer =>
  Buffer.concat([routeOf(email), randomBytes(secretBytes)])

const routeOf = (email: EmailKey): Buffer =>
  hash('sha256', `torii:link-route:${email}`, 'buffer').subarray(0, routeBytes)

/** Hashes a link's secret for the database: SHA-256 of its purpose and bytes, so no purpose accepts another's token. */
export const hashLinkSecret = (purpose: LinkPurpose, secret: Uint8Array): TokenHash =>
  tokenHash(hash('sha256', Buffer.concat([Buffer.from(`torii:${purpose}:`), secret]), 'buffer'))

/** Formats the token of a magic link, of the secret that {@link newMagicLinkSecret} generates. */
export const formatMagicToken = (secret: Uint8Array): LinkToken =>
  new LinkToken(prefixes.magic_link + encodeBase64url(secret))

/** Returns the hash of a magic link's token, or null for any other value. Never throws. */
export function parseMagicToken(text: unknown): TokenHash | null {
  const bytes = decode('magic_link', text, routeBytes + secretBytes)
  return bytes === null ? null : hashLinkSecret('magic_link', bytes)
}

/** Formats the token of a verification: the user's id and the secret. */
export function formatVerificationToken(
  purpose: Exclude<LinkPurpose, 'magic_link'>,
  userId: UserId,
  secret: Uint8Array,
): LinkToken {
  const id = Buffer.from(userId.replaceAll('-', ''), 'hex')
  return new LinkToken(prefixes[purpose] + encodeBase64url(Buffer.concat([id, secret])))
}

/** Returns the key in a verification's token, or null for any other value. Never throws. */
export function parseVerificationToken(
  purpose: Exclude<LinkPurpose, 'magic_link'>,
  text: unknown,
): VerificationKey | null {
  const bytes = decode(purpose, text, idBytes + secretBytes)
  if (bytes === null) return null
  return {
    // 16 bytes in lower-case hex with hyphens are the canonical text of a UUID.
    userId: formatUuid(bytes.toString('hex', 0, idBytes)) as UserId,
    secretHash: hashLinkSecret(purpose, bytes.subarray(idBytes)),
  }
}

/** Where the routes of an application are. */
export interface RouteBase {
  readonly baseUrl: Pick<BaseUrl, 'origin'>
  readonly basePath: string
}

/** Builds the link to mail. Its page shows a button; opening the page does not use the token. */
export const mailLink = (
  { baseUrl, basePath }: RouteBase,
  purpose: LinkPurpose,
  token: LinkToken,
): MailLink =>
  new MailLink(`${baseUrl.origin}${basePath}/${linkPaths[purpose].page}?token=${token.reveal()}`)

/** Decodes the bytes of a token of this purpose; returns null for any other value. */
function decode(purpose: LinkPurpose, value: unknown, length: number): Buffer | null {
  const text = value instanceof LinkToken ? value.reveal() : value
  const prefix = prefixes[purpose]
  if (typeof text !== 'string' || !text.startsWith(prefix)) return null
  return decodeBase64urlExact(text.slice(prefix.length), length)
}
