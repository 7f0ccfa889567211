import type { AuditQuery, NewAuditEvent, UserId } from 'torii-core'
import { checkMetadata, checkText, InvalidInputError, parseUserId } from 'torii-core'
import {
  checkInteger,
  checkObject,
  checkSeconds,
  checkSessionId,
  checkUserId,
  textOrNull,
} from './input.js'
import { checkUuid } from './input-credentials.js'

// Shapes of the audit trail; see input.ts.

const maxEvents = 100
const maxDetailBytes = 4096
const maxStretches = 1000

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
    id: checkUuid(event.id, 'id'),
    type: checkType(event.type),
    userId: event.userId === null ? null : checkUserId(event.userId),
    sessionId: event.sessionId === null ? null : checkSessionId(event.sessionId),
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

/** The rules of metadata, told of this field. */
function asDetail(check: () => string): string {
  try {
    return check()
  } catch (error) {
    if (error instanceof InvalidInputError)
      throw new InvalidInputError('detail', 'must be a plain object of what JSON can hold')
    throw error
  }
}

/** Where a page ended: the time in microseconds since 1970, and the id. */
interface Ended {
  readonly micros: number
  readonly id: string
}

export function checkAuditQuery(value: AuditQuery): {
  readonly userId: UserId | null
  readonly limit: number
  readonly after: Ended | null
} {
  const { userId, limit = 50, after } = checkObject(value, 'query')
  return {
    userId: userId === undefined ? null : checkUserId(userId),
    limit: checkInteger(limit, 'limit', 1, 200),
    after: after === undefined ? null : checkCursor(after),
  }
}

function checkCursor(value: unknown): Ended {
  const [, digits, text] = (typeof value === 'string' && /^(\d{1,16})_(.{36})$/.exec(value)) || []
  const [micros, id] = [Number(digits), parseUserId(text)]
  if (id === null || !Number.isSafeInteger(micros))
    throw new InvalidInputError('after', 'must be the `next` of a page of this list')
  return { micros, id }
}

export function checkCountQuery(value: { sinceSeconds: number; bucketSeconds: number }): {
  readonly sinceSeconds: number
  readonly bucketSeconds: number
} {
  const query = checkObject(value, 'query')
  const sinceSeconds = checkSeconds(query.sinceSeconds, 'sinceSeconds')
  const bucketSeconds = checkSeconds(query.bucketSeconds, 'bucketSeconds')
  if (sinceSeconds / bucketSeconds > maxStretches)
    throw new InvalidInputError(
      'bucketSeconds',
      `must make at most ${maxStretches} stretches of sinceSeconds`,
    )
  return { sinceSeconds, bucketSeconds }
}
