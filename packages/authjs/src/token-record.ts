import type { AdapterAccount } from '@auth/core/adapters'
import type { TokenRecord } from './options.js'

/** The fields that torii-auth reads, under its names, so that `torii.oauth.accessToken()` works on these accounts. */
const names = new Map([
  ['access_token', 'accessToken'],
  ['refresh_token', 'refreshToken'],
  ['expires_at', 'expiresAt'],
])
const formerNames = new Map([...names].map(([theirs, ours]) => [ours, theirs]))

/** What the row of the account holds by itself. */
const columns = new Set(['provider', 'providerAccountId', 'userId'])

/**
 * Returns what of an account is encrypted: its type and every text and number of it; null without an access token. Auth.js
 * counts `expires_at` in seconds, Torii in milliseconds.
 */
export function toTokenRecord(account: AdapterAccount): TokenRecord | null {
  if (typeof account.access_token !== 'string') return null
  const record: Record<string, string | number | null> = {}
  for (const [name, value] of Object.entries(account)) {
    const isKept =
      typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))
    if (columns.has(name) || !isKept) continue
    record[names.get(name) ?? name] =
      name === 'expires_at' && typeof value === 'number' ? value * 1000 : value
  }
  return record
}

/** The fields of an account of Auth.js that {@link toTokenRecord} has kept. */
export function fromTokenRecord(record: TokenRecord): Partial<AdapterAccount> {
  const fields = Object.entries(record).flatMap(([name, value]) => {
    if (value === null) return []
    const theirs = formerNames.get(name) ?? name
    return [[theirs, name === 'expiresAt' ? Math.floor(Number(value) / 1000) : value] as const]
  })
  return Object.fromEntries(fields)
}
