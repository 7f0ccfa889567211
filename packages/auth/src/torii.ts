import type { Json, RepositoryProvider } from 'torii-core'
import type { ServiceContext } from './context.js'
import type { ResolvedOptions, ToriiOptions } from './options/options.js'
import { resolveOptions } from './options/options.js'
import { createPasswordHashing } from './password/hashing.js'
import type { PasswordService } from './password/password.js'
import { createPasswordService } from './password/password.js'
import type { SessionService } from './sessions/sessions.js'
import { createSessionService } from './sessions/sessions.js'

/**
 * Authentication over one storage: decides when a person is signed in. `Metadata` types the
 * application's own data on a user. Make one per process and share it: the limit on concurrent
 * hashing is this object's.
 *
 * ```ts
 * const torii = new Torii(storage, { baseUrl: 'https://app.example' })
 * ```
 */
export class Torii<Metadata extends object = Record<string, Json>> {
  /** The options as they are in force. */
  readonly options: ResolvedOptions
  readonly password: PasswordService<Metadata>
  readonly sessions: SessionService<Metadata>

  /** @throws InvalidOptionsError naming the option */
  constructor(storage: RepositoryProvider<Metadata>, options: ToriiOptions) {
    this.options = resolveOptions(options)
    const hashing = createPasswordHashing(this.options.password.hashing, this.options.log)
    const context: ServiceContext = { options: this.options, hashing }
    this.password = createPasswordService(context, storage)
    this.sessions = createSessionService(context, storage)
  }
}
