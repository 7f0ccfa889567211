import type { RepositoryProvider } from 'torii-core'
import type { ConnectOptions } from '../base/options.js'
import type { MigrationStatus } from '../migrate/migration-history.js'
import type { MigrationResult } from '../migrate/migrations.js'

/** What the command calls of the storage, which is a floor above it: the program brings it. */
export interface CommandStorage extends RepositoryProvider {
  migrate(options?: { grantTo?: string }): Promise<MigrationResult>
  migrationStatus(): Promise<MigrationStatus>
  migrationPlan(): Promise<string>
  schemaProblems(): Promise<string[]>
  dropAllData(schema: string): Promise<void>
}

/** Opens the storage of a URL. */
export type Connect = (url: string, options: ConnectOptions) => Promise<CommandStorage>
