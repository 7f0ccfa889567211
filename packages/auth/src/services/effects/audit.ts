import type { Json, NewAuditEvent, RepositoryProvider } from 'torii-core'
import { newAuditEventId } from 'torii-core'
import type { Background } from '../../base/background.js'
import type { ToriiEvent } from '../../events/event.js'
import type { AuditOptions } from '../options/audit.js'
import type { EventSink } from './event-sink.js'

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

/**
 * Tells, and keeps in the audit trail after the answer: what needed no commit of its own must not cost a statement
 * before it, which would tell a wrong password from a locked account. A refusal by a lock is not kept: it costs
 * the asker nothing, so anybody could fill the table with it.
 */
export function recordAfterResponse<Metadata extends object>(
  { auditEvents: trail }: RepositoryProvider<Metadata>,
  audit: AuditOptions | null,
  background: Background,
  emit: EventSink,
): EventSink {
  if (audit === null) return emit
  return (effects) => {
    emit(effects)
    const toKeep = (effects.events ?? []).filter(({ type }) => type !== 'attempts_refused')
    if (toKeep.length > 0)
      background.run('audit', () => trail.record(auditEvents(toKeep, audit.retentionSeconds)))
  }
}
