import type { AuditCursor, AuditPage, RepositoryProvider } from 'torii-core'
import { InvalidInputError, parseUserId } from 'torii-core'

/** Which audit events to list. */
export interface AuditSearch {
  /** Only events of this user. */
  userId?: string
  /** 1 to 200 (default: 50). */
  limit?: number
  /** The `next` of the previous page. */
  after?: string
}

/** Lists a page of audit events. */
export async function searchAudit(
  { auditEvents }: Pick<RepositoryProvider, 'auditEvents'>,
  search: AuditSearch,
): Promise<AuditPage> {
  if (typeof search !== 'object' || search === null)
    throw new InvalidInputError('search', 'must be { userId?, limit?, after? }')
  const { userId, limit, after } = search
  const page = {
    ...(limit === undefined ? {} : { limit }),
    // The storage refuses an invalid cursor.
    ...(after === undefined ? {} : { after: after as AuditCursor }),
  }
  if (userId === undefined) return auditEvents.list(page)
  const id = parseUserId(userId)
  return id === null ? { events: [], next: null } : auditEvents.list({ userId: id, ...page })
}
