import type { CallerTransaction, Json, StorageTransaction } from 'torii-core'
import { diagnosticsChannels, InvalidInputError, traceMethods } from 'torii-core'
import type { AccountOperations } from './services/admin/accounts.js'
import { createAccountOperations } from './services/admin/accounts.js'
import type { OperationContext } from './services/context/context.js'
import type { Effects } from './services/effects/effects.js'
import type { EventSink } from './services/effects/event-sink.js'
import { createTransactionalRunWithEffects } from './services/effects/run-with-effects.js'
import type { TransactionalMagicLink } from './services/magic-link/magic-link.js'
import { createTransactionalMagicLink } from './services/magic-link/magic-link.js'
import type { TransactionalOAuth } from './services/oauth/oauth.js'
import { createTransactionalOAuth } from './services/oauth/oauth.js'
import type { Hooks } from './services/options/hooks.js'
import type { ResolvedOptions } from './services/options/options.js'
import type { TransactionalPasskey } from './services/passkey/passkey.js'
import { createTransactionalPasskey } from './services/passkey/passkey.js'
import type { TransactionalPassword } from './services/password/password.js'
import { createTransactionalPassword } from './services/password/password.js'
import type { TransactionalSessions } from './services/sessions/sessions.js'
import { createTransactionalSessions } from './services/sessions/sessions.js'
import type { TransactionalUsers } from './services/users/users.js'
import { createTransactionalUsers } from './services/users/users.js'

/**
 * Torii in a transaction of the application. Only database writes: no rate limiting, hashing, mail or provider calls.
 * Mail and events of these operations wait for the commit.
 */
export interface TransactionalTorii<Metadata extends object = Record<string, Json>> {
  readonly admin: AccountOperations<Metadata>
  readonly magicLink: TransactionalMagicLink<Metadata>
  readonly password: TransactionalPassword<Metadata>
  readonly sessions: TransactionalSessions<Metadata>
  readonly users: TransactionalUsers<Metadata>
  readonly oauth: TransactionalOAuth
  readonly passkey: TransactionalPasskey
}

/** Torii over a client whose transaction the application commits itself. */
export interface CommittableTorii<Metadata extends object = Record<string, Json>>
  extends TransactionalTorii<Metadata> {
  /** Emits the mail and events. Call it after the commit; do not call it after a rollback. */
  committed(): void
}

/** Builds the same operations as {@link Torii} over a transaction. */
export function createTransactionalTorii<Metadata extends object>(
  tx: StorageTransaction<Metadata> | CallerTransaction<Metadata>,
  options: ResolvedOptions,
  hooks: Hooks<Metadata>,
  emit: EventSink,
): CommittableTorii<Metadata> {
  if (typeof tx !== 'object' || tx === null || typeof tx.query !== 'function' || !tx.sessions)
    throw new InvalidInputError(
      'tx',
      'must be the transaction that storage.transaction or storage.withClient provides',
    )
  const uncommitted: Effects<object>[] = []
  const committed = () => {
    for (const effects of uncommitted.splice(0)) emit(effects)
  }
  if ('afterCommit' in tx) tx.afterCommit(committed)
  const context: OperationContext<Metadata> = {
    options,
    counting: null,
    runWithEffects: createTransactionalRunWithEffects(
      tx,
      { audit: options.audit, hooks },
      (effects) => uncommitted.push(effects),
    ),
  }
  const services = {
    admin: createAccountOperations(context),
    magicLink: createTransactionalMagicLink(context),
    oauth: createTransactionalOAuth(context),
    passkey: createTransactionalPasskey(context),
    password: createTransactionalPassword(context),
    sessions: createTransactionalSessions(context),
    users: createTransactionalUsers(context),
  }
  return { ...traceMethods(diagnosticsChannels.authOperation, '', services), committed }
}
