import { createHash } from 'node:crypto'

/** The digest, in base64, by which a later run knows whether the old system has another password hash now; null for none. */
export const digestOf = (passwordHash: string | null): string | null =>
  passwordHash === null ? null : createHash('sha256').update(passwordHash).digest('base64')
