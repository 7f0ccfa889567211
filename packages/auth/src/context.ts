import type { ResolvedOptions } from './options/options.js'
import type { PasswordHashing } from './password/hashing.js'

/** What every service is made with, besides the repositories it works on. */
export interface ServiceContext {
  readonly options: ResolvedOptions
  /** Shared by all services of one Torii: its queue only bounds what passes through it. */
  readonly hashing: PasswordHashing
}
