import type { SessionId, SessionQuery } from 'torii-core'
import { InvalidInputError, parseSessionId } from 'torii-core'
import { checkInteger, checkObject } from './input.js'

/** Where a page ended: the time in microseconds since 1970, and the id. */
interface PageEnd<Id extends string> {
  readonly micros: number
  readonly id: Id
}

/** Reads a cursor of the form `MICROSECONDS_UUID`. @throws InvalidInputError */
export function checkPageCursor<Id extends string>(
  value: unknown,
  parseId: (text: unknown) => Id | null,
): PageEnd<Id> {
  const [, digits, text] = (typeof value === 'string' && /^(\d{1,16})_(.{36})$/.exec(value)) || []
  const [micros, id] = [Number(digits), parseId(text)]
  if (id === null || !Number.isSafeInteger(micros))
    throw new InvalidInputError('after', 'must be the `next` of a page of this list')
  return { micros, id }
}

export function checkSessionQuery(value: SessionQuery): {
  readonly limit: number
  readonly after: PageEnd<SessionId> | null
} {
  const { limit = 50, after } = checkObject(value, 'query')
  return {
    limit: checkInteger(limit, 'limit', 1, 200),
    after: after === undefined ? null : checkPageCursor(after, parseSessionId),
  }
}
