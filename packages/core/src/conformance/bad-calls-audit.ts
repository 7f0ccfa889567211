import type { NewAuditEvent } from '../audit-events.js'
import { newAuditEvent } from './audit.js'
import type { BadArgument } from './bad-arguments.js'
import { one } from './bad-arguments.js'
import {
  badCursors,
  badIds,
  badMetadata,
  badNumbers,
  badTexts,
  notObjects,
  unsafe,
} from './bad-values.js'

const badTypes: readonly unknown[] = [
  ...badTexts(64),
  null,
  undefined,
  '',
  'Signed_in',
  'signed-in',
  'signed in',
  'signed_in\n',
  'é',
]

const inEvent = (field: keyof NewAuditEvent, values: readonly unknown[]): BadArgument =>
  one('auditEvents.record', field, values, ({ auditEvents }, value) =>
    auditEvents.record([newAuditEvent(), { ...newAuditEvent(), [field]: value }]),
  )

const someone = () => badIds().filter((value) => value !== null)

/** Every argument of the audit trail's methods; see bad-calls.ts. */
export const badAuditCalls: readonly BadArgument[] = [
  one(
    'auditEvents.record',
    'events',
    [
      ...notObjects,
      {},
      { length: 1, 0: newAuditEvent() },
      Array.from({ length: 101 }, newAuditEvent),
    ].filter((value) => !Array.isArray(value) || value.length > 0),
    ({ auditEvents }, events) => auditEvents.record(unsafe(events)),
  ),
  one('auditEvents.record', null, notObjects, ({ auditEvents }, event) =>
    auditEvents.record([unsafe(event)]),
  ),
  one('auditEvents.record', 'events', [newAuditEvent()], ({ auditEvents }, event) =>
    auditEvents.record([unsafe(event), unsafe(event)]),
  ),
  inEvent('id', badIds()),
  inEvent('type', badTypes),
  inEvent('userId', someone()),
  inEvent('sessionId', someone()),
  inEvent('ip', badTexts(64)),
  inEvent('userAgent', badTexts(1024)),
  inEvent('detail', [...badMetadata(), undefined, { text: 'x'.repeat(4097) }]),
  inEvent('retentionSeconds', [...badNumbers(), 0]),
  one(
    'auditEvents.list',
    null,
    notObjects.filter((value) => value !== undefined),
    ({ auditEvents }, query) => auditEvents.list(unsafe(query)),
  ),
  one(
    'auditEvents.list',
    'userId',
    badIds().filter((value) => value !== undefined),
    ({ auditEvents }, userId) => auditEvents.list({ userId: unsafe(userId) }),
  ),
  one(
    'auditEvents.list',
    'limit',
    [...badNumbers(), 0, 201].filter((value) => value !== undefined),
    ({ auditEvents }, limit) => auditEvents.list({ limit: unsafe(limit) }),
  ),
  one(
    'auditEvents.list',
    'after',
    [
      ...badCursors(),
      newAuditEvent().id,
      `1_${'x'.repeat(36)}`,
      `9999999999999999_${newAuditEvent().id}`,
    ],
    ({ auditEvents }, after) => auditEvents.list({ after: unsafe(after) }),
  ),
  one('auditEvents.count', null, notObjects, ({ auditEvents }, query) =>
    auditEvents.count(unsafe(query)),
  ),
  one('auditEvents.count', 'sinceSeconds', [...badNumbers(), 0], ({ auditEvents }, value) =>
    auditEvents.count({ sinceSeconds: unsafe(value), bucketSeconds: 1 }),
  ),
  one('auditEvents.count', 'bucketSeconds', [...badNumbers(), 0, 9], ({ auditEvents }, value) =>
    auditEvents.count({ sinceSeconds: 9001, bucketSeconds: unsafe(value) }),
  ),
]
