import type { RepositoryProvider } from 'torii-core'
import type { AdminService } from '../services/admin/admin.js'
import type { OAuthService } from '../services/oauth/oauth.js'
import type { SecondFactorService } from '../services/second-factors/second-factors.js'
import { Torii } from '../torii.js'
import type { ImportServices } from './import-services.js'
import { createImportServices } from './import-services.js'
import { readKeysText } from './keys-text.js'

export interface CommandOptions {
  /** The text of `TORII_KEYS`: `id:secret`, several separated by commas. Undefined or empty: no keys. */
  readonly keys: string | undefined
}

/** The services that the command calls. None of them sends mail. */
export interface CommandServices {
  readonly admin: AdminService
  readonly imports: ImportServices
  reencryptTokens: OAuthService['reencryptTokens']
  reencryptSecrets: SecondFactorService['reencryptSecrets']
  /** The id of the first key, or null without keys. */
  readonly currentKeyId: string | null
}

/** No operation of the command makes a link. */
const baseUrl = 'http://localhost'

/**
 * Creates the services of the command over a storage. Events are recorded in the audit trail if it is in use: the
 * application's option `audit` is not known here, but an application with that option has written events.
 * @throws InvalidOptionsError for keys that are none; its message holds no part of them
 */
export async function createCommandServices(
  storage: RepositoryProvider,
  { keys: text }: CommandOptions,
): Promise<CommandServices> {
  const keys = text === undefined || text === '' ? null : readKeysText(text)
  const { events } = await storage.auditEvents.list({ limit: 1 })
  const torii = new Torii(storage, {
    baseUrl,
    ...(keys === null ? {} : { keys }),
    audit: events.length > 0,
    // What it logs at start is for servers.
    log: () => undefined,
  })
  return {
    admin: torii.admin,
    imports: createImportServices(torii.options),
    reencryptTokens: (options) => torii.oauth.reencryptTokens(options),
    reencryptSecrets: () => torii.secondFactors.reencryptSecrets(),
    currentKeyId: keys?.[0]?.id ?? null,
  }
}
