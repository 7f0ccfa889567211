import type { AuditCountQuery, AuditQuery, NewAuditEvent, UserId } from 'torii-core'
import { checkMetadata, checkText, InvalidInputError, parseUserId } from 'torii-core'
import {
  checkInteger,
  checkObject,
  checkSeconds,
  checkUserId,
  maxSeconds,
  textOrNull,
} from './input.js'
import { checkPageCursor } from './page-cursor.js'

// Shapes of the audit trail; see input.ts.

const maxEvents = 100
const maxDetailBytes = 4096
const maxTypes = 32

/** An event as its columns hold it: `detail` is JSON text. */
export interface CheckedEvent extends Omit<NewAuditEvent, 'id' | 'detail'> {
  readonly id: string
  readonly detail: string
}

export function checkEvents(value: unknown): CheckedEvent[] {
  if (!Array.isArray(value) || value.length > maxEvents)
    throw new InvalidInputError('events', `must be a list of at most ${maxEvents} events`)
  const events = Array.from(value, (event: NewAuditEvent) => checkEvent(event))
  if (new Set(events.map(({ id }) => id)).size !== events.length)
    throw new InvalidInputError('events', 'must have an id each')
  return events
}

function checkEvent(value: NewAuditEvent): CheckedEvent {
  const event = checkObject(value, 'event')
  return {
    id: event.id,
    type: checkType(event.type),
    userId: event.userId,
    sessionId: event.sessionId,
    ip: textOrNull(event.ip, 'ip', 64),
    userAgent: textOrNull(event.userAgent, 'userAgent', 1024),
    detail: checkDetail(event.detail),
    retentionSeconds: checkSeconds(event.retentionSeconds, 'retentionSeconds'),
  }
}

function checkType(value: unknown): string {
  const type = checkText(value, 'type', { bytes: 64 })
  if (!/^[a-z0-9_]+$/.test(type))
    throw new InvalidInputError('type', 'must be lower-case letters, digits and _')
  return type
}

function checkDetail(value: unknown): string {
  const text = asDetail(() => checkMetadata(value))
  if (Buffer.byteLength(text) > maxDetailBytes)
    throw new InvalidInputError('detail', `must have at most ${maxDetailBytes} bytes as JSON`)
  return text
}

/** The rules of metadata, in an error that names this field. */
function asDetail(check: () => string): string {
  try {
    return check()
  } catch (error) {
    if (error instanceof InvalidInputError)
      throw new InvalidInputError('detail', 'must be a plain object of what JSON can hold')
    throw error
  }
}

export function checkAuditQuery(value: AuditQuery): {
  readonly userId: UserId | null
  readonly limit: number
  readonly after: ReturnType<typeof checkPageCursor> | null
} {
  const { userId, limit = 50, after } = checkObject(value, 'query')
  return {
    userId: userId === undefined ? null : checkUserId(userId),
    limit: checkInteger(limit, 'limit', 1, 200),
    after: after === undefined ? null : checkPageCursor(after, parseUserId),
  }
}

export function checkCountQuery(value: AuditCountQuery): {
  readonly types: string[] | null
  readonly intervals: number
  readonly intervalSeconds: number
  readonly limit: number
} {
  const { types, intervals, intervalSeconds, limit = 250_000 } = checkObject(value, 'query')
  const many = checkInteger(intervals, 'intervals', 1, 1000)
  return {
    types: types === undefined ? null : checkTypes(types),
    intervals: many,
    // The whole period is one that every timestamp can be counted back by.
    intervalSeconds: checkInteger(
      intervalSeconds,
      'intervalSeconds',
      1,
      Math.floor(maxSeconds / many),
    ),
    limit: checkInteger(limit, 'limit', 1, 1_000_000),
  }
}

function checkTypes(value: unknown): string[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > maxTypes)
    throw new InvalidInputError('types', `must be a list of 1 to ${maxTypes} types`)
  return Array.from(value, (type: unknown) => checkType(type))
}
