import type { AuditEventRepository } from './audit-events.js'
import type { ToriiErrorCode } from './errors.js'
import type { MagicLinkRepository } from './magic-links.js'
import type { OAuthAccountRepository } from './oauth-accounts.js'
import type { OAuthStateRepository } from './oauth-states.js'
import type { PasskeyChallengeRepository } from './passkey-challenges.js'
import type { PasskeyRepository } from './passkeys.js'
import type { PasswordRepository } from './passwords.js'
import type { Json } from './profile.js'
import type { RateLimitRepository } from './rate-limits.js'
import type { SessionRepository } from './sessions.js'
import type { UserRepository } from './users.js'
import type { VerificationTokenRepository } from './verification-tokens.js'

/**
 * The repositories inside a caller's transaction, without the methods that count against a rate limit: a rollback
 * would give the count back, and the counter's row would stay locked until the end.
 */
export interface TransactionRepositories<Metadata extends object = Record<string, Json>> {
  readonly users: UserRepository<Metadata>
  readonly sessions: SessionRepository<Metadata>
  readonly passwords: Omit<PasswordRepository<Metadata>, 'findForSignIn' | 'findForUser'>
  readonly oauthAccounts: OAuthAccountRepository<Metadata>
  readonly passkeys: PasskeyRepository<Metadata>
  readonly magicLinks: Omit<MagicLinkRepository<Metadata>, 'issue'>
  readonly verificationTokens: Omit<
    VerificationTokenRepository<Metadata>,
    'issue' | 'issueEmailChange' | 'findCounted'
  >
  readonly auditEvents: AuditEventRepository
}

/** A transaction that the application has opened and will end: Torii's repositories in it. */
export interface CallerTransaction<Metadata extends object = Record<string, Json>>
  extends TransactionRepositories<Metadata> {
  /**
   * Runs the application's own statement on the transaction's connection. Rejects with the driver's error.
   * @throws ToriiError `ERR_SCHEMA_OUTDATED` if the statement needs a table of Torii that was not migrated
   */
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>
}

/** An open transaction: Torii's repositories and the application's own statements, one commit. */
export interface StorageTransaction<Metadata extends object = Record<string, Json>>
  extends CallerTransaction<Metadata> {
  /**
   * Calls `task` once after this transaction has committed, and never after a rollback. Tasks run in the order in
   * which they were added. Their errors are ignored, since the transaction is already committed.
   */
  afterCommit(task: () => void): void
}

/** The state of a storage. */
export type StorageHealth =
  | {
      readonly connected: true
      /** The major version of the server. */
      readonly serverVersion: number
      /** The last migration applied, 0 for none. */
      readonly schemaVersion: number
      /** A standby, or a server set to read only: sessions are read, nothing is written. */
      readonly readOnly: boolean
      /** The database's clock minus this process's clock. The storage uses only the database's clock. */
      readonly clockDifferenceSeconds: number
      /** Whether connections go through a pooler, if that can be detected. */
      readonly pooler: 'none' | 'present' | 'unknown'
    }
  | { readonly connected: false; readonly code: ToriiErrorCode; readonly message: string }

/** What a sweep deletes besides rows that can no longer be used. */
export interface SweepOptions {
  /**
   * Seconds after its creation from which an account is deleted whose email address was never verified, at least one day
   * (default: no account is deleted). Spares a disabled account, and one with a linked provider, a passkey or a live
   * session. Only for applications where an unverified email address signs in no one.
   */
  readonly unverifiedAccountSeconds?: number | null
  /** Called after each part of a table, for a display. What it throws ends the sweep. */
  readonly onProgress?: (progress: SweepProgress) => void
}

/** How far a sweep is. */
export interface SweepProgress {
  /** The table that is being swept. */
  readonly table: string
  /** The swept part of all tables, from 0 to 1. */
  readonly share: number
}

/** A sweep that is repeated. */
export interface RepeatedSweepOptions extends SweepOptions {
  /** Seconds from the end of a complete sweep to the start of the next one. */
  readonly everySeconds: number
  /** Ends the sweep after its current statement. */
  readonly signal?: AbortSignal
}

/** Rows that a sweep deleted, per table. */
export interface SweepCounts {
  readonly deleted: Readonly<Record<string, number>>
}

/** Every repository over one database. */
export interface Repositories<Metadata extends object = Record<string, Json>> {
  readonly users: UserRepository<Metadata>
  readonly sessions: SessionRepository<Metadata>
  readonly passwords: PasswordRepository<Metadata>
  readonly rateLimits: RateLimitRepository
  readonly oauthAccounts: OAuthAccountRepository<Metadata>
  readonly oauthStates: OAuthStateRepository
  readonly passkeys: PasskeyRepository<Metadata>
  readonly passkeyChallenges: PasskeyChallengeRepository
  readonly magicLinks: MagicLinkRepository<Metadata>
  readonly verificationTokens: VerificationTokenRepository<Metadata>
  readonly auditEvents: AuditEventRepository
}

/**
 * A storage: every repository, and the operations on the whole database. `torii-conformance` tests everything that is
 * documented here.
 */
export interface RepositoryProvider<Metadata extends object = Record<string, Json>>
  extends Repositories<Metadata> {
  /**
   * Runs `work` in one transaction: it commits when `work` returns and rolls back when it throws.
   * A refusal (a returned value) never aborts it.
   */
  transaction<Result>(work: (tx: StorageTransaction<Metadata>) => Promise<Result>): Promise<Result>
  /** Brings the database to this version's schema. Safe from any number of processes at once. */
  migrate(): Promise<unknown>
  /** Checks the state of the storage; a problem is part of the result. */
  healthCheck(): Promise<StorageHealth>
  /**
   * Deletes expired and ended rows in small batches. Safe in any number of processes and under any load. It only
   * frees disk space: every read checks expiry itself.
   */
  sweep(options?: SweepOptions): Promise<SweepCounts>
  /**
   * Sweeps if no sweep was completed within `everySeconds` and no other process is sweeping; otherwise returns null. The
   * database decides, so any number of processes may call it at any time. If a process dies, another one continues after
   * five minutes.
   */
  sweepIfDue(options: RepeatedSweepOptions): Promise<SweepCounts | null>
  /**
   * Ends every session, mailed link, token, code, challenge and OAuth flow of every user. Call it after a restore from a
   * backup, which makes ended sessions and used tokens valid again. Passwords and passkeys stay. Rows that no longer
   * count are deleted by the next sweep. Returns the number of users.
   */
  revokeAllSessionsAndTokens(): Promise<number>
  /** Waits for running calls, then closes what the storage itself opened. */
  close(): Promise<void>
}
