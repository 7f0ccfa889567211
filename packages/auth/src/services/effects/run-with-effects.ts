import type { CallerTransaction, RepositoryProvider, TransactionRepositories } from 'torii-core'
import type { AuditOptions } from '../options/audit.js'
import type { Hooks } from '../options/hooks.js'
import { auditEvents } from './audit.js'
import type { Effects } from './effects.js'
import type { EventSink } from './event-sink.js'

/** An operation, the effects of its outcome, and whether it can create an account. */
interface OperationWithEffects<Metadata extends object, Outcome> {
  /** Calls exactly one repository method. Each method runs as a single statement. */
  run(repositories: TransactionRepositories<Metadata>): Promise<Outcome>
  /** Returns the effects of the outcome. Pure; called once. Most error results have none. */
  effects(outcome: Outcome): Effects<Metadata>
  /** Set where the operation can create an account: `onUserCreated` then runs in the same commit (default: false). */
  readonly createsUser?: boolean
}

/**
 * Runs an operation and commits its audit events and the `onUserCreated` hook together with it. Its events and mail
 * are emitted after the commit.
 */
export type RunWithEffects<Metadata extends object> = <Outcome>(
  operation: OperationWithEffects<Metadata, Outcome>,
) => Promise<Outcome>

/** The options for audit events and hooks, which are committed together with an operation. */
export interface CommitExtras<Metadata extends object> {
  readonly audit: AuditOptions | null
  readonly hooks: Hooks<Metadata>
}

/**
 * Creates `runWithEffects` for calls outside a transaction. Without audit and hook, the operation is one statement;
 * with one of them it runs in a short transaction that contains only SQL and the hook.
 */
export function createRunWithEffects<Metadata extends object>(
  storage: RepositoryProvider<Metadata>,
  extras: CommitExtras<Metadata>,
  emit: EventSink,
): RunWithEffects<Metadata> {
  return async ({ run, effects: effectsOf, createsUser = false }) => {
    const hooked = createsUser && extras.hooks.onUserCreated !== undefined
    if (extras.audit === null && !hooked) {
      const outcome = await run(storage)
      emit(effectsOf(outcome))
      return outcome
    }
    const { outcome, effects } = await storage.transaction(async (tx) => {
      const outcome = await run(tx)
      const effects = effectsOf(outcome)
      await commitExtras(tx, extras, effects)
      return { outcome, effects }
    })
    emit(effects)
    return outcome
  }
}

/**
 * Creates `runWithEffects` for calls inside the application's transaction; `emitLater` receives effects before the
 * commit.
 */
export function createTransactionalRunWithEffects<Metadata extends object>(
  tx: CallerTransaction<Metadata>,
  extras: CommitExtras<Metadata>,
  emitLater: EventSink,
): RunWithEffects<Metadata> {
  return async ({ run, effects: effectsOf }) => {
    const outcome = await run(tx)
    const effects = effectsOf(outcome)
    await commitExtras(tx, extras, effects)
    emitLater(effects)
    return outcome
  }
}

/**
 * Records the audit events and calls the hook, in the operation's transaction. A hook that throws rolls the
 * transaction back: no account is created.
 */
async function commitExtras<Metadata extends object>(
  tx: CallerTransaction<Metadata>,
  { audit, hooks }: CommitExtras<Metadata>,
  { events = [], created = null }: Effects<Metadata>,
): Promise<void> {
  if (audit !== null && events.length > 0)
    await tx.auditEvents.record(auditEvents(events, audit.retentionSeconds))
  if (created === null) return
  const { user, ...creation } = created
  await hooks.onUserCreated?.(tx, user, creation)
}
