import type { Json } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import { defaults } from './base/options.js'
import { quoteSchema } from './base/schema-name.js'
import { loadAuthServices } from './command/auth-services.js'
import type { ImportReport } from './moving/import-report.js'
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
  /** Schema of Torii's tables, as in the options of the storage (default: `torii`). */
  schema?: string
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
 * Imports accounts of another system that still runs, as `import jsonl --source SOURCE --since` does: new accounts with their sessions, and
 * what has changed there in accounts that were not changed here. Deleted accounts are not brought back. Called again it changes nothing.
 * Needs `torii-auth` installed.
 * @param source the word after `import` of the runs that bring these accounts too, such as `better-auth`
 * @param accounts at most 500, with the fields of `import jsonl`
 * @throws InvalidInputError before any query; InvalidOptionsError for a schema or keys that are none
 */
export async function importAccounts<Metadata extends object = Record<string, Json>>(
  storage: PostgresStorage<Metadata>,
  source: string,
  accounts: readonly ImportableAccount[],
  { schema = defaults.schema, keys, sessionDays = 14 }: ImportAccountsOptions = {},
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
  const quoted = quoteSchema(schema)
  // Loaded only here: most applications never import.
  const { importUsers } = await import('./moving/import-users.js')
  // An import reads no metadata of users that are here.
  const { imports } = await loadAuthServices(storage as unknown as PostgresStorage, keys)
  return importUsers({
    transaction: (work) => storage.transaction(({ query }) => work(query)),
    schema: quoted,
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
