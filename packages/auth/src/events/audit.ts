import type { Json, NewAuditEvent } from 'torii-core'
import { newAuditEventId } from 'torii-core'
import type { ToriiEvent } from './event.js'

/**
 * The events of one act as the audit trail keeps them. They share the time of their statement, so the ids carry
 * their order.
 */
export function auditEvents(
  events: readonly ToriiEvent[],
  retentionSeconds: number,
): NewAuditEvent[] {
  const ids = events.map(newAuditEventId).sort()
  return ids.flatMap((id, place) => {
    const event = events[place]
    return event === undefined ? [] : [{ id, ...kept(event), retentionSeconds }]
  })
}

const kept = ({ type, userId, sessionId, ip, userAgent, detail }: ToriiEvent) => ({
  type,
  userId,
  sessionId,
  ip,
  userAgent,
  // Every detail is made of texts, numbers and lists of texts.
  detail: { ...detail } as Readonly<Record<string, Json>>,
})
