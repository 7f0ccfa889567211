import type { AuditCountQuery, AuditPage, AuditStretch, Json, UserId, UserPage } from 'torii-core'
import type { EventType } from '../../events/event.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { AccountView } from './account-view.js'
import { clearAttempts, viewAccount } from './account-view.js'
import type { AccountOperations } from './accounts.js'
import { createAccountOperations, withUser } from './accounts.js'
import type { AuditSearch } from './audit-search.js'
import { searchAudit } from './audit-search.js'
import type { UserSearch } from './user-search.js'
import { searchUsers } from './user-search.js'

/**
 * What an operator may do. Whether somebody is one is the application's decision: nothing here asks, no HTTP route
 * leads here, and the events say only that it was an operator.
 */
export interface AdminService<Metadata extends object = Record<string, Json>>
  extends AccountOperations<Metadata> {
  /** A page of users: newest first, or by address when the beginning of one is searched for. */
  users(search?: UserSearch): Promise<UserPage<Metadata>>
  /** One account with its sessions, its ways in, and where its counters stand; null when there is none. */
  user(id: string): Promise<AccountView<Metadata> | null>
  /** Forgets what was counted against the account, on every path. True if something was locked. */
  unlock(id: string): Promise<boolean>
  /** A page of the audit trail, newest first; empty where nothing is kept. */
  audit(search?: AuditSearch): Promise<AuditPage>
  /**
   * Events of the audit trail by stretch of time and type, oldest first, for plots: `{ stretches: 24,
   * stretchSeconds: 3600 }` is the last 24 hours, of which the last one is running. UTC, by the database's clock.
   */
  auditCounts(query: EventCountQuery): Promise<readonly AuditStretch[]>
}

/** What to count; the types are those of {@link EventDetails}. */
export interface EventCountQuery extends AuditCountQuery {
  types?: readonly EventType[]
}

export function createAdminService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): AdminService<Metadata> {
  const { storage } = context
  return {
    ...createAccountOperations(context),
    users: (search = {}) => searchUsers(storage, search),
    user: (id) => withUser(id, null, (userId) => viewAccount(storage, userId)),
    unlock: (id) => withUser(id, false, (userId) => unlock(context, userId)),
    audit: (search = {}) => searchAudit(storage, search),
    auditCounts: (query) => storage.auditEvents.count(query),
  }
}

async function unlock<Metadata extends object>(
  { storage, runWithEffects }: ServiceContext<Metadata>,
  userId: UserId,
): Promise<boolean> {
  const user = await storage.users.find(userId)
  if (user === null) return false
  const unlocked = await clearAttempts(storage, user)
  // Counters take part in no transaction: the trail is written once they are cleared.
  await runWithEffects({
    run: async () => null,
    effects: () => ({ events: [event('attempts_unlocked', { userId }, { by: 'admin' })] }),
  })
  return unlocked
}
