import type { Json, NewAuditEvent, RepositoryProvider } from 'torii-core'
import { newAuditEventId } from 'torii-core'
import type { Background } from '../../base/background.js'
import type { ToriiEvent } from '../../events/event.js'
import type { AuditOptions } from '../options/audit.js'
import type { EventSink } from './event-sink.js'

/** Converts the events of one operation to audit events. They have the same time, so their ids define the order. */
export function auditEvents(
  events: readonly ToriiEvent[],
  retentionSeconds: number,
): NewAuditEvent[] {
  const ids = events.map(newAuditEventId).sort()
  return ids.flatMap((id, place) => {
    const event = events[place]
    return event === undefined ? [] : [{ id, ...toAuditEvent(event), retentionSeconds }]
  })
}

const toAuditEvent = ({ type, userId, sessionId, ip, userAgent, detail }: ToriiEvent) => ({
  type,
  userId,
  sessionId,
  ip,
  userAgent,
  // Every detail consists of strings, numbers and arrays of strings.
  detail: { ...detail } as Readonly<Record<string, Json>>,
})

/**
 * Emits effects and records their audit events after the response. These effects need no commit, and a statement before
 * the response would distinguish a wrong password from a locked account. Refusals by a rate limit are not recorded: they
 * cost an attacker nothing, who could fill the table with them.
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
    const toRecord = (effects.events ?? []).filter(({ type }) => type !== 'attempts_refused')
    if (toRecord.length > 0)
      background.run('audit', () => trail.record(auditEvents(toRecord, audit.retentionSeconds)))
  }
}
