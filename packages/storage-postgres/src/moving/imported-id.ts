import { createHash } from 'node:crypto'
import { parseUserId } from 'torii-core'

/**
 * Returns the id here of an account elsewhere: its own if that is a UUID, otherwise one that is computed of both names (version 8
 * of RFC 9562), so that every run of an import arrives at the same one.
 */
export const importedUserId = (source: string, sourceId: string): string =>
  parseUserId(sourceId) ?? uuidOf(['user', source, sourceId])

/** Returns the id here of a provider's account. */
export const importedAccountId = (provider: string, subject: string): string =>
  uuidOf(['oauth_account', provider, subject])

/** Returns the id here of a passkey. */
export const importedPasskeyId = (credentialId: Uint8Array): string =>
  uuidOf(['passkey', Buffer.from(credentialId).toString('base64url')])

function uuidOf(names: readonly string[]): string {
  const hash = createHash('sha256')
    .update(['torii-import', ...names].join('\0'))
    .digest('hex')
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16)
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}
