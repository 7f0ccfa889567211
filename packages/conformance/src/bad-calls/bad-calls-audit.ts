import type { NewAuditEvent } from 'torii-core'
import { newAuditEvent } from '../audit/audit.js'
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

const oneHour = { intervals: 1, intervalSeconds: 3600 }

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
  inEvent('type', badTypes),
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
  one('auditEvents.count', 'intervals', [...badNumbers(), 0, 1001], ({ auditEvents }, value) =>
    auditEvents.count({ intervals: unsafe(value), intervalSeconds: 1 }),
  ),
  one(
    'auditEvents.count',
    'intervalSeconds',
    [...badNumbers(), 0, 946_081],
    ({ auditEvents }, value) =>
      auditEvents.count({ intervals: 1000, intervalSeconds: unsafe(value) }),
  ),
  one(
    'auditEvents.count',
    'limit',
    [...badNumbers(), 0, 1_000_001].filter((value) => value !== undefined),
    ({ auditEvents }, limit) => auditEvents.count({ ...oneHour, limit: unsafe(limit) }),
  ),
  one(
    'auditEvents.count',
    'types',
    [...notObjects, {}, new Set(['signed_in']), Array.from({ length: 33 }, () => 'x')].filter(
      (value) => value !== undefined,
    ),
    ({ auditEvents }, types) => auditEvents.count({ ...oneHour, types: unsafe(types) }),
  ),
  one('auditEvents.count', 'type', badTypes, ({ auditEvents }, type) =>
    auditEvents.count({ ...oneHour, types: ['signed_in', unsafe(type)] }),
  ),
]
