import type { AuditCursor, AuditPage, RepositoryProvider } from 'torii-core'
import { InvalidInputError, parseUserId } from 'torii-core'

/** Which events to show. */
export interface AuditSearch {
  /** Only events of the user of this id. */
  userId?: string
  /** 1 to 200 (default: 50). */
  limit?: number
  /** The `next` of the page before. */
  after?: string
}

/** A page of the audit trail. */
export async function searchAudit(
  { auditEvents }: Pick<RepositoryProvider, 'auditEvents'>,
  search: AuditSearch,
): Promise<AuditPage> {
  if (typeof search !== 'object' || search === null)
    throw new InvalidInputError('search', 'must be { userId?, limit?, after? }')
  const { userId, limit, after } = search
  const page = {
    ...(limit === undefined ? {} : { limit }),
    // The storage itself refuses a text that is no cursor.
    ...(after === undefined ? {} : { after: after as AuditCursor }),
  }
  if (userId === undefined) return auditEvents.list(page)
  const id = parseUserId(userId)
  return id === null ? { events: [], next: null } : auditEvents.list({ userId: id, ...page })
}
