import assert from 'node:assert/strict'
import type { SessionId, UserId } from 'torii-core'
import { InvalidInputError, newSessionId, newUserId } from 'torii-core'
import { describe, test } from 'vitest'
import type { StatementRunner } from './database.js'
import { repeat } from './lost-reply.js'
import { nullable, parameter, sql } from './parameter.js'
import { many, maybeOne, one } from './rows.js'
import { inBatches, read, write } from './statement.js'

const userId = parameter('userId', 'uuid')<UserId>()
const sessionId = parameter('sessionId', 'uuid')<SessionId>()
const limit = nullable('limit', 'int')<number>()

const ofUser = sql`s.user_id = ${userId} and s.id = ${sessionId}`
const list = read(
  'sessions.list',
  sql`select s.id from s where ${ofUser} and s.owner = ${userId} limit ${limit}`,
)
const ids = { userId: newUserId(), sessionId: newSessionId() }

describe('sql by name', () => {
  test('numbers parameters in the order of their first appearance, and gives a repeated name one number', () => {
    assert.equal(
      list.text,
      'select s.id from s where s.user_id = $1::uuid and s.id = $2::uuid and s.owner = $1::uuid limit $3::int',
    )
    assert.deepEqual(list.values({ limit: 3, ...ids }), [ids.userId, ids.sessionId, 3])
    assert.deepEqual(list.values({ limit: null, ...ids }), [ids.userId, ids.sessionId, null])
  })

  test('gives a text one prepared name, and another text another one', () => {
    const again = read(
      'sessions.list',
      sql`select s.id from s where ${ofUser} and s.owner = ${userId} limit ${limit}`,
    )
    const other = read('sessions.list', sql`select s.id from s where ${ofUser} limit ${limit}`)
    assert.equal(again.preparedName, list.preparedName)
    assert.notEqual(other.preparedName, list.preparedName)
    assert.match(list.preparedName, /^torii\.sessions\.list\.[0-9a-f]{12}$/)
  })

  test('refuses one name with two types', () => {
    const asText = parameter('userId', 'text')<UserId>()
    assert.throws(
      () => read('a.b', sql`${userId} = ${asText}`),
      /the parameter userId has two types/,
    )
  })

  test('refuses a value that is missing at run time, or null where it must not be, before anything is sent', () => {
    const bad = [
      { ...ids },
      { ...ids, limit: 1, userId: undefined },
      { ...ids, limit: 1, userId: null },
    ]
    for (const [n, values] of bad.entries())
      assert.throws(
        () => Reflect.apply(list.values, list, [values]),
        new InvalidInputError(n === 0 ? 'limit' : 'userId', 'must not be missing'),
      )
  })

  test('a batch takes every parameter of its statement as an array, under the same name', () => {
    const columns = {
      sessionId: parameter('sessionId', 'uuid[]')<SessionId[]>(),
      userId: parameter('userId', 'uuid[]')<UserId[]>(),
      other: parameter('other', 'uuid[]')<UserId[]>(),
      limit: parameter('limit', 'text[]')<string[]>(),
    }
    const single = read('a.b', sql`${userId} ${sessionId}`)
    const many = read('a.many', sql`${columns.sessionId} ${columns.userId}`)
    assert.deepEqual(inBatches(single, many, { skipsLocked: false }).batch?.columns, [
      { element: 'uuid', place: 1 },
      { element: 'uuid', place: 0 },
    ])
    const wrong = [
      read('a.many', sql`${columns.sessionId}`),
      read('a.many', sql`${columns.sessionId} ${columns.userId} ${columns.other}`),
      read('a.many', sql`${sessionId} ${columns.userId}`),
    ]
    for (const one of wrong)
      assert.throws(() => inBatches(single, one, { skipsLocked: false }), /a\.many/)
  })

  test('a batch leaves out the parameters whose calls are sent alone', () => {
    const single = read('a.b', sql`${userId} ${sessionId}`)
    const many = read('a.many', sql`${parameter('sessionId', 'uuid[]')<SessionId[]>()}`)
    const { batch } = inBatches(single, many, { skipsLocked: false, alone: ['userId'] })
    assert.deepEqual(batch?.columns, [{ element: 'uuid', place: 1 }])
    assert.deepEqual(batch?.alone, [0])
  })

  test('a read has no lost reply to speak of, a write says what one means', () => {
    const kept = write('a.b', sql`delete from a`, { schema: 'x', onLostReply: repeat('the same') })
    assert.deepEqual([list.kind, list.onLostReply], ['read', null])
    assert.deepEqual(
      [kept.kind, kept.onLostReply],
      ['write', { action: 'repeat', after: 'the same' }],
    )
  })

  test('runs with its values in their order, and maps the rows', async () => {
    const sent: unknown[][] = []
    const db: StatementRunner = {
      async run(_statement, values) {
        sent.push(values)
        return [{ id: 1 }]
      },
    }
    const toId = (row: { id: number }) => row.id
    assert.equal(await one(db, list, { ...ids, limit: 1 }, toId), 1)
    assert.equal(await maybeOne(db, list, { ...ids, limit: 2 }, toId), 1)
    assert.deepEqual(await many(db, list, { ...ids, limit: 3 }, toId), [1])
    assert.deepEqual(
      sent.map(([, , third]) => third),
      [1, 2, 3],
    )
  })
})

/** What must not compile: every line below is an error that the compiler expects. */
export function doesNotCompile(db: StatementRunner): void {
  const all = { ...ids, limit: 1 }
  const map = () => true
  void one(db, list, all, map)
  // @ts-expect-error a value is missing
  void one(db, list, { userId: ids.userId, sessionId: ids.sessionId }, map)
  // @ts-expect-error user and session are swapped
  void one(db, list, { userId: ids.sessionId, sessionId: ids.userId, limit: 1 }, map)
  // @ts-expect-error a value is null that must not be
  void one(db, list, { ...all, userId: null }, map)
  // @ts-expect-error a value too many
  void one(db, list, { ...all, offset: 1 }, map)
  const more = { ...all, offset: 1 }
  // @ts-expect-error a value too many, out of an object that was made before
  void maybeOne(db, list, more, map)
  // @ts-expect-error the same out of a spread
  void many(db, list, { ...more }, map)
  // @ts-expect-error null is declared by name
  parameter('ip', 'text')<string | null>()
  // @ts-expect-error a number is no SQL
  sql`limit ${1}`
  // @ts-expect-error a write says what a lost reply means
  write('a.b', sql`delete from a`)
  // @ts-expect-error a read has nothing to say of it
  read('a.b', sql`select`, { onLostReply: repeat('the same') })
}
