import type { Json, NewAuditEvent } from 'torii-core'
import { newAuditEventId } from 'torii-core'
import type { ToriiEvent } from './event.js'

/** The event as the audit trail keeps it. */
export const auditEvent = (event: ToriiEvent, retentionSeconds: number): NewAuditEvent => ({
  id: newAuditEventId(),
  type: event.type,
  userId: event.userId,
  sessionId: event.sessionId,
  ip: event.ip,
  userAgent: event.userAgent,
  // Every detail is made of texts, numbers and lists of texts.
  detail: { ...event.detail } as Readonly<Record<string, Json>>,
  retentionSeconds,
})
