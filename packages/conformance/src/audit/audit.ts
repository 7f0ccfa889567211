import type { NewAuditEvent } from 'torii-core'
import { newAuditEventId } from 'torii-core'
import { freshWord } from '../fixtures/samples.js'

/** An event of no one, of a type that no other case uses, kept for a thousand seconds, unless `given`. */
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
