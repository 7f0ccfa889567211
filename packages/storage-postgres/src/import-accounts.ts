import { InvalidInputError } from 'torii-core'
import { loadAuthServices } from './command/auth-services.js'
import type { ImportReport } from './moving/import-report.js'
import { importUsers } from './moving/import-users.js'
import type { PostgresStorage } from './storage.js'

/** An account of another system: the fields of `import jsonl`, of which only `id` is required. */
export interface ImportableAccount {
  /** The id in the other system, at most 255 bytes. */
  readonly id: string | number
  readonly email?: string | null
  /** Whether the email address is verified, or since when (ISO 8601). An account with an address and without it is skipped. */
  readonly emailVerified?: boolean | string | null
  readonly [field: string]: unknown
}

export interface ImportAccountsOptions {
  /** The text of `TORII_KEYS`. Without it no provider tokens and secrets of second factors are stored (default: none). */
  keys?: string
  /** Days after which imported sessions end, at the latest; 0 takes none (default: 14). */
  sessionDays?: number
}

/** More belong into `import jsonl`. */
const maxAccounts = 500

/** Every account that is here is compared. */
const always = new Date(0).toISOString()

/**
 * Imports accounts as `import jsonl --source SOURCE --since` does, in this process.
 * @throws InvalidInputError for a malformed source, too many accounts, or days that are none
 */
export async function importAccounts(
  storage: PostgresStorage,
  schema: string,
  source: string,
  accounts: readonly ImportableAccount[],
  { keys, sessionDays = 14 }: ImportAccountsOptions,
): Promise<ImportReport> {
  if (typeof source !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(source))
    throw new InvalidInputError(
      'source',
      'must be 1 to 64 lower-case letters, digits, dots, hyphens or underscores',
    )
  if (!Array.isArray(accounts) || accounts.length > maxAccounts)
    throw new InvalidInputError('accounts', `must be an array of at most ${maxAccounts}`)
  if (!Number.isInteger(sessionDays) || sessionDays < 0 || sessionDays > 400)
    throw new InvalidInputError('sessionDays', 'must be a whole number from 0 to 400')
  const { imports } = await loadAuthServices(storage, keys)
  return importUsers({
    transaction: (work) => storage.transaction(({ query }) => work(query)),
    schema,
    source,
    dryRun: false,
    async *read() {
      for (const [at, fields] of accounts.entries()) yield { line: at + 1, fields: Object(fields) }
    },
    services: imports,
    since: always,
    verified: null,
    wrapWeakHashes: false,
    importedPasswords: false,
    importSessions: (sessions) => storage.sessions.importMany(sessions),
    sessionTerms: { now: new Date(), days: sessionDays },
    enrollLostFactors: false,
    onProgress: () => undefined,
    onEstimate: () => undefined,
  })
}
