import type { JoinedTransaction, Json, StorageTransaction } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { JoinedAdmin } from './admin/joined.js'
import { joinAdmin } from './admin/joined.js'
import type { ActContext } from './context.js'
import { joinedCommit } from './effects/commit.js'
import type { Story } from './effects/story.js'
import type { Tell } from './effects/tell.js'
import type { JoinedMagicLink } from './magic-link/joined.js'
import { joinMagicLink } from './magic-link/joined.js'
import type { JoinedOAuth } from './oauth/joined.js'
import { joinOAuth } from './oauth/joined.js'
import type { Hooks } from './options/hooks.js'
import type { ResolvedOptions } from './options/options.js'
import type { JoinedPasskey } from './passkey/joined.js'
import { joinPasskey } from './passkey/joined.js'
import type { JoinedPassword } from './password/joined.js'
import { joinPassword } from './password/joined.js'
import type { JoinedSessions } from './sessions/joined.js'
import { joinSessions } from './sessions/joined.js'
import type { JoinedUsers } from './users/joined.js'
import { joinUsers } from './users/joined.js'

/**
 * Torii inside the application's transaction. It offers the acts that neither charge an attempt, hash,
 * send nor ask a provider; mail and events of them wait for the commit.
 */
export interface JoinedTorii<Metadata extends object = Record<string, Json>> {
  readonly admin: JoinedAdmin<Metadata>
  readonly magicLink: JoinedMagicLink<Metadata>
  readonly password: JoinedPassword<Metadata>
  readonly sessions: JoinedSessions<Metadata>
  readonly users: JoinedUsers<Metadata>
  readonly oauth: JoinedOAuth
  readonly passkey: JoinedPasskey
}

/** The same over a client whose transaction the application ends by itself. */
export interface CommittableTorii<Metadata extends object = Record<string, Json>>
  extends JoinedTorii<Metadata> {
  /** Says that the transaction has committed: mail and events go out now. After a rollback it is not called. */
  committed(): void
}

export function join<Metadata extends object>(
  tx: StorageTransaction<Metadata> | JoinedTransaction<Metadata>,
  options: ResolvedOptions,
  hooks: Hooks<Metadata>,
  tell: Tell,
): CommittableTorii<Metadata> {
  if (typeof tx !== 'object' || tx === null || typeof tx.query !== 'function')
    throw new InvalidInputError('tx', 'must be what storage.transaction or withClient hands out')
  const untold: Story<object>[] = []
  const committed = () => {
    for (const story of untold.splice(0)) tell(story)
  }
  if ('afterCommit' in tx) tx.afterCommit(committed)
  const context: ActContext<Metadata> = {
    options,
    commit: joinedCommit(tx, { audit: options.audit, hooks }, (story) => untold.push(story)),
  }
  return {
    admin: joinAdmin(context),
    magicLink: joinMagicLink(context),
    oauth: joinOAuth(context),
    passkey: joinPasskey(context),
    password: joinPassword(context),
    sessions: joinSessions(context),
    users: joinUsers(context),
    committed,
  }
}
