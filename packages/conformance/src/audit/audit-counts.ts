import assert from 'node:assert/strict'
import type { AuditInterval } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { only, present } from '../fixtures/people.js'
import { freshWord, unknownUserId } from '../fixtures/samples.js'
import { newAuditEvent } from './audit.js'

const { cases, promise } = casesOf('auditEvents')

/** How the audit trail is counted. */
export const auditCountCases = cases

/** Long, so that no case runs into the next interval while it counts. */
const intervalSeconds = 100_000
const retentionSeconds = 10_000_000

/** Records so many events and says in which interval they are. */
async function some({ auditEvents }: ConformanceStorage, type: string, count: number) {
  const userId = unknownUserId()
  const event = () => newAuditEvent({ type, userId, retentionSeconds })
  await auditEvents.record(Array.from({ length: count }, event))
  const { events } = await auditEvents.list({ userId, limit: 1 })
  return Math.floor(only(events).at.getTime() / 1000 / intervalSeconds)
}

const numbersOf = (intervals: readonly AuditInterval[]) =>
  intervals.map(({ from }) => from.getTime() / 1000 / intervalSeconds)

promise(
  'count: every interval up to the running one, oldest first',
  ['elapse'],
  async (storage) => {
    const type = freshWord()
    await some(storage, type, 3)
    await storage.elapse(2 * intervalSeconds)
    const running = await some(storage, type, 2)
    const intervals = await storage.auditEvents.count({
      types: [type],
      intervals: 5,
      intervalSeconds,
    })
    assert.deepEqual(
      numbersOf(intervals),
      [4, 3, 2, 1, 0].map((ago) => running - ago),
    )
    assert.deepEqual(
      intervals.map(({ counts }) => counts),
      [{}, {}, { [type]: 3 }, {}, { [type]: 2 }],
    )
    assert.ok(intervals.every(({ complete }) => complete))
  },
)

promise('count: nothing from before the first interval', ['elapse'], async (storage) => {
  const type = freshWord()
  await some(storage, type, 3)
  await storage.elapse(intervalSeconds)
  await some(storage, type, 1)
  const query = { types: [type], intervals: 1, intervalSeconds }
  assert.deepEqual(only(await storage.auditEvents.count(query)).counts, { [type]: 1 })
})

promise('count: the types asked for, or every type', [], async (storage) => {
  const [one, other, third] = [freshWord(), freshWord(), freshWord()]
  await some(storage, one, 1)
  await some(storage, other, 2)
  await some(storage, third, 3)
  const period = { intervals: 1, intervalSeconds }
  const some2 = only(await storage.auditEvents.count({ ...period, types: [one, other, one] }))
  assert.deepEqual(some2.counts, { [one]: 1, [other]: 2 })
  const { counts } = only(await storage.auditEvents.count(period))
  assert.deepEqual([counts[one], counts[other], counts[third]], [1, 2, 3])
})

promise(
  'count: what the limit leaves unread is said to be incomplete',
  ['elapse'],
  async (storage) => {
    const type = freshWord()
    // Whatever other cases kept is older than what is counted here.
    await storage.elapse(2 * intervalSeconds)
    await some(storage, freshWord(), 1)
    await storage.elapse(intervalSeconds)
    await some(storage, type, 2)
    const seen = async (limit: number) =>
      (
        await storage.auditEvents.count({ types: [type], intervals: 2, intervalSeconds, limit })
      ).map(({ counts, complete }) => [counts[type] ?? 0, complete])
    const whole = [
      [0, true],
      [2, true],
    ]
    assert.deepEqual(await seen(3), whole)
    assert.deepEqual(await seen(1_000_000), whole)
    assert.deepEqual(await seen(2), [
      [0, false],
      [2, true],
    ])
    const [before, running] = await seen(1)
    assert.deepEqual([before, present(running)[1]], [[0, false], false])
  },
)

promise('count: expired events are not counted', ['elapse'], async (storage) => {
  const event = newAuditEvent({ retentionSeconds: 10 })
  await storage.auditEvents.record([event])
  await storage.elapse(11)
  const query = { types: [event.type], intervals: 2, intervalSeconds }
  for (const { counts } of await storage.auditEvents.count(query)) assert.deepEqual(counts, {})
})

promise('count: minutes, hours and days begin where UTC begins them', [], async (storage) => {
  for (const seconds of [60, 3600, 86_400]) {
    const intervals = await storage.auditEvents.count({ intervals: 3, intervalSeconds: seconds })
    assert.equal(intervals.length, 3)
    for (const { from } of intervals) assert.equal(from.getTime() % (seconds * 1000), 0)
  }
})

promise('count: a thousand intervals, and thirty years', [], async (storage) => {
  const { auditEvents } = storage
  assert.equal((await auditEvents.count({ intervals: 1000, intervalSeconds: 1 })).length, 1000)
  assert.equal(
    (await auditEvents.count({ intervals: 1000, intervalSeconds: 946_080 })).length,
    1000,
  )
  assert.equal((await auditEvents.count({ intervals: 1, intervalSeconds: 946_080_000 })).length, 1)
})
