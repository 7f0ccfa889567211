import { hash, randomBytes } from 'node:crypto'
import type { TokenHash, UserId, VerificationKey } from 'torii-core'
import { parseUserId, Secret, tokenHash } from 'torii-core'
import type { BaseUrl } from '../../base/base-url.js'
import { linkPaths } from '../../base/paths.js'

/** What a mailed token is for. It cannot be used for anything else. */
export type LinkPurpose = keyof typeof linkPaths

export const linkPurposes: readonly LinkPurpose[] = [
  'magic_link',
  'verify_email',
  'reset_password',
  'change_email',
]

/** The text of a mailed token. Who has it can do what it is for. */
export class LinkToken extends Secret {
  declare readonly kind: 'LinkToken'
}

/** The address to open, with the token in it. */
export class MailLink extends Secret {
  declare readonly kind: 'MailLink'
}

/** Each purpose has a prefix of its own, so that a secret scanner, and a person, see what leaked. */
const prefixes: Readonly<Record<LinkPurpose, string>> = Object.freeze({
  magic_link: 'torii_m_',
  verify_email: 'torii_v_',
  reset_password: 'torii_r_',
  change_email: 'torii_c_',
})

/** 256 random bits, where 128 are asked for. @see OWASP ASVS 5.0, 7.2.3 */
const secretBytes = 32
const idBytes = 16

/** The secret of a fresh token. */
export const newLinkSecret = (): Buffer => randomBytes(secretBytes)

/** What the database keeps of it: SHA-256 of the purpose and the bytes, so no purpose meets another's. */
export const hashLinkSecret = (purpose: LinkPurpose, secret: Uint8Array): TokenHash =>
  tokenHash(hash('sha256', Buffer.concat([Buffer.from(`torii:${purpose}:`), secret]), 'buffer'))

/** The token of a magic link: it belongs to an address, not to a user. */
export const formatMagicToken = (secret: Uint8Array): LinkToken =>
  new LinkToken(prefixes.magic_link + Buffer.from(secret).toString('base64url'))

/** The hash in a magic link's token, or null for every other text. Takes any value and never throws. */
export function parseMagicToken(text: unknown): TokenHash | null {
  const bytes = decode('magic_link', text, secretBytes)
  return bytes === null ? null : hashLinkSecret('magic_link', bytes)
}

/** The token of a verification: whose it is, and its secret. */
export function formatVerificationToken(
  purpose: Exclude<LinkPurpose, 'magic_link'>,
  userId: UserId,
  secret: Uint8Array,
): LinkToken {
  const id = Buffer.from(userId.replaceAll('-', ''), 'hex')
  return new LinkToken(prefixes[purpose] + Buffer.concat([id, secret]).toString('base64url'))
}

/** The key in a verification's token, or null for every other text. Takes any value and never throws. */
export function parseVerificationToken(
  purpose: Exclude<LinkPurpose, 'magic_link'>,
  text: unknown,
): VerificationKey | null {
  const bytes = decode(purpose, text, idBytes + secretBytes)
  if (bytes === null) return null
  const hex = bytes.toString('hex', 0, idBytes)
  const userId = parseUserId(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'))
  return userId === null
    ? null
    : { userId, secretHash: hashLinkSecret(purpose, bytes.subarray(idBytes)) }
}

/** Where the routes of an application are. */
export interface RouteBase {
  readonly baseUrl: Pick<BaseUrl, 'origin'>
  readonly basePath: string
}

/** The link to mail. Its page shows a button; opening it uses nothing up. */
export const mailLink = (
  { baseUrl, basePath }: RouteBase,
  purpose: LinkPurpose,
  token: LinkToken,
): MailLink =>
  new MailLink(`${baseUrl.origin}${basePath}/${linkPaths[purpose].page}?token=${token.reveal()}`)

/** Exactly the text that the formatter writes: the decoder by itself would take others for the same. */
function decode(purpose: LinkPurpose, value: unknown, length: number): Buffer | null {
  const text = value instanceof LinkToken ? value.reveal() : value
  const prefix = prefixes[purpose]
  if (typeof text !== 'string' || !text.startsWith(prefix)) return null
  const encoded = text.slice(prefix.length)
  if (encoded.length !== Math.ceil((length * 4) / 3)) return null
  const bytes = Buffer.from(encoded, 'base64url')
  return bytes.length === length && bytes.toString('base64url') === encoded ? bytes : null
}
