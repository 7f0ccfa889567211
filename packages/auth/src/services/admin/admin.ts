import type { AuditCountQuery, AuditInterval, AuditPage, Json, UserId, UserPage } from 'torii-core'
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
 * The administrator's operations. The application decides who is an administrator: these methods do not check it, no
 * HTTP route calls them, and the events record only that an administrator acted.
 */
export interface AdminService<Metadata extends object = Record<string, Json>>
  extends AccountOperations<Metadata> {
  /** Lists a page of users: the newest first, or by email address if the search is the start of one. */
  users(search?: UserSearch): Promise<UserPage<Metadata>>
  /** Reads one account with its sessions, sign-in methods and rate-limit counters. Null if it does not exist. */
  user(id: string): Promise<AccountView<Metadata> | null>
  /** Resets every rate-limit counter of the account. True if one was locked. */
  unlock(id: string): Promise<boolean>
  /** Lists a page of audit events, the newest first. Empty if the option `audit` is off. */
  audit(search?: AuditSearch): Promise<AuditPage>
  /**
   * Counts audit events by period and type, the oldest first, for charts: `{ intervals: 24, intervalSeconds: 3600 }`
   * covers the last 24 hours, including the current one. UTC, by the database's clock.
   */
  auditCounts(query: EventCountQuery): Promise<readonly AuditInterval[]>
}

/** Which events to count; the types are those of {@link EventDetails}. */
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
  // Counters are not part of a transaction: the audit event is written once they are reset.
  await runWithEffects({
    run: async () => null,
    effects: () => ({ events: [event('attempts_unlocked', { userId }, { by: 'admin' })] }),
  })
  return unlocked
}
