import type { RepositoryProvider, User } from 'torii-core'
import type { ImportServices } from '../moving/import-users.js'
import { UsageError } from './exit-codes.js'

interface TokenCounts {
  readonly reencrypted: number
  readonly unreadable: number
  readonly busy: number
}

/** What the command calls of `torii-auth/command`, which is loaded only if a command needs it. */
export interface AuthServices {
  readonly admin: {
    create(input: {
      email: string
      emailVerified?: boolean
      name?: string
    }): Promise<{ ok: true; user: User } | { ok: false; reason: string }>
    update(
      id: string,
      changes: object,
      seen: Date,
    ): Promise<{ ok: true; user: User } | { ok: false; reason: string }>
    disable(id: string): Promise<User | null>
    enable(id: string): Promise<User | null>
    delete(id: string): Promise<boolean>
    resetSecondFactors(id: string, options?: { passkeys?: boolean }): Promise<boolean>
    unlock(id: string): Promise<boolean>
    endSession(id: string, sessionId: string): Promise<boolean>
    endSessions(id: string): Promise<number>
  }
  readonly imports: ImportServices
  /** Re-encrypts provider tokens under the first key. */
  reencryptTokens(options: { onProgress: (counts: TokenCounts) => void }): Promise<TokenCounts>
  /** Re-encrypts the secrets of authenticator applications under the first key. */
  reencryptSecrets(): Promise<Omit<TokenCounts, 'busy'>>
  /** The id of the first key, or null without keys. */
  readonly currentKeyId: string | null
}

interface AuthModule {
  createCommandServices(
    storage: RepositoryProvider,
    options: { keys: string | undefined },
  ): Promise<AuthServices>
}

/** Not a literal in import(), which would make the compiler look for a package that may not be installed. */
const moduleName = 'torii-auth/command'

/**
 * Loads the services of torii-auth over this storage.
 * @param keys the text of `TORII_KEYS`
 * @throws UsageError if torii-auth is not installed
 */
export async function loadAuthServices(
  storage: RepositoryProvider,
  keys: string | undefined,
): Promise<AuthServices> {
  const loaded = await importAuth()
  return loaded.createCommandServices(storage, { keys })
}

async function importAuth(): Promise<AuthModule> {
  try {
    // The module has this form: its tests run the command.
    return (await import(moduleName as string)) as AuthModule
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ERR_MODULE_NOT_FOUND' && names(error))
      throw new UsageError('this command needs torii-auth: install torii-auth')
    throw error
  }
}

/** A module that torii-auth itself misses is another fault. */
const names = (error: unknown) => error instanceof Error && error.message.includes("'torii-auth'")
