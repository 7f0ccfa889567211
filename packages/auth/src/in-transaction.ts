import type { CallerTransaction, Json, StorageTransaction } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { TransactionalAdmin } from './services/admin/in-transaction.js'
import { createTransactionalAdmin } from './services/admin/in-transaction.js'
import type { OperationContext } from './services/context/context.js'
import type { Effects } from './services/effects/effects.js'
import type { EventSink } from './services/effects/event-sink.js'
import { createTransactionalRunWithEffects } from './services/effects/run-with-effects.js'
import type { TransactionalMagicLink } from './services/magic-link/in-transaction.js'
import { createTransactionalMagicLink } from './services/magic-link/in-transaction.js'
import type { TransactionalOAuth } from './services/oauth/in-transaction.js'
import { createTransactionalOAuth } from './services/oauth/in-transaction.js'
import type { Hooks } from './services/options/hooks.js'
import type { ResolvedOptions } from './services/options/options.js'
import type { TransactionalPasskey } from './services/passkey/in-transaction.js'
import { createTransactionalPasskey } from './services/passkey/in-transaction.js'
import type { TransactionalPassword } from './services/password/in-transaction.js'
import { createTransactionalPassword } from './services/password/in-transaction.js'
import type { TransactionalSessions } from './services/sessions/in-transaction.js'
import { createTransactionalSessions } from './services/sessions/in-transaction.js'
import type { TransactionalUsers } from './services/users/in-transaction.js'
import { createTransactionalUsers } from './services/users/in-transaction.js'

/**
 * Torii inside the application's transaction. It offers the acts that neither charge an attempt, hash,
 * send nor ask a provider; mail and events of them wait for the commit.
 */
export interface TransactionalTorii<Metadata extends object = Record<string, Json>> {
  readonly admin: TransactionalAdmin<Metadata>
  readonly magicLink: TransactionalMagicLink<Metadata>
  readonly password: TransactionalPassword<Metadata>
  readonly sessions: TransactionalSessions<Metadata>
  readonly users: TransactionalUsers<Metadata>
  readonly oauth: TransactionalOAuth
  readonly passkey: TransactionalPasskey
}

/** The same over a client whose transaction the application ends by itself. */
export interface CommittableTorii<Metadata extends object = Record<string, Json>>
  extends TransactionalTorii<Metadata> {
  /** Says that the transaction has committed: mail and events go out now. After a rollback it is not called. */
  committed(): void
}

export function createTransactionalTorii<Metadata extends object>(
  tx: StorageTransaction<Metadata> | CallerTransaction<Metadata>,
  options: ResolvedOptions,
  hooks: Hooks<Metadata>,
  emit: EventSink,
): CommittableTorii<Metadata> {
  if (typeof tx !== 'object' || tx === null || typeof tx.query !== 'function')
    throw new InvalidInputError('tx', 'must be what storage.transaction or withClient hands out')
  const uncommitted: Effects<object>[] = []
  const committed = () => {
    for (const effects of uncommitted.splice(0)) emit(effects)
  }
  if ('afterCommit' in tx) tx.afterCommit(committed)
  const context: OperationContext<Metadata> = {
    options,
    runWithEffects: createTransactionalRunWithEffects(
      tx,
      { audit: options.audit, hooks },
      (effects) => uncommitted.push(effects),
    ),
  }
  return {
    admin: createTransactionalAdmin(context),
    magicLink: createTransactionalMagicLink(context),
    oauth: createTransactionalOAuth(context),
    passkey: createTransactionalPasskey(context),
    password: createTransactionalPassword(context),
    sessions: createTransactionalSessions(context),
    users: createTransactionalUsers(context),
    committed,
  }
}
