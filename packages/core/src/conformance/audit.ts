import type { NewAuditEvent } from '../audit-events.js'
import { newAuditEventId } from '../ids.js'
import { freshWord } from './samples.js'

/** An event of nobody, of a type that no other case uses, kept for a thousand seconds, unless `given`. */
export const newAuditEvent = (given: Partial<NewAuditEvent> = {}): NewAuditEvent => ({
  id: newAuditEventId(),
  type: freshWord(),
  userId: null,
  sessionId: null,
  ip: null,
  userAgent: null,
  detail: {},
  retentionSeconds: 1000,
  ...given,
})
