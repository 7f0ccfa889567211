import assert from 'node:assert/strict'
import type { AuditCursor, AuditEvent, NewAuditEvent, TransactionRepositories } from 'torii-core'
import { newAuditEventId, newSessionId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { only, present, rejectionOf, signUpBare, twentyAtOnce } from '../fixtures/people.js'
import { awkwardJsonTexts, awkwardTexts, unknownUserId } from '../fixtures/samples.js'
import { newAuditEvent } from './audit.js'

const { cases, promise } = casesOf('auditEvents')

/** The audit trail. */
export const auditEventCases = cases

/** Records events one after the other, a second apart. */
async function recordEach(
  storage: ConformanceStorage,
  events: readonly NewAuditEvent[],
): Promise<void> {
  for (const event of events) {
    await storage.auditEvents.record([event])
    await storage.elapse(1)
  }
}

/** Every event of the user, page by page. */
async function allOf(
  { auditEvents }: TransactionRepositories,
  userId: NonNullable<NewAuditEvent['userId']>,
  limit = 200,
): Promise<AuditEvent[]> {
  const found: AuditEvent[] = []
  let after: AuditCursor | undefined
  do {
    const page = await auditEvents.list({ userId, limit, ...(after && { after }) })
    assert.ok(page.events.length <= limit)
    found.push(...page.events)
    after = page.next ?? undefined
  } while (after !== undefined)
  return found
}

const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id)

promise('record: keeps an event as it was given', [], async (storage) => {
  const userId = unknownUserId()
  const { retentionSeconds, ...event } = newAuditEvent({
    userId,
    sessionId: newSessionId(),
    ip: '2001:db8::7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
    detail: { method: 'password', list: [1, null, { deep: true }] },
  })
  await storage.auditEvents.record([{ ...event, retentionSeconds }])
  const { at, ...kept } = only(await allOf(storage, userId))
  assert.deepEqual(kept, event)
  assert.ok(at instanceof Date && Number.isFinite(at.getTime()))
})

promise('record: T9.104 texts and details come back as given', [], async (storage) => {
  const userId = unknownUserId()
  const events = [
    ...awkwardTexts.map((userAgent) => newAuditEvent({ userId, userAgent })),
    ...awkwardJsonTexts.map((text) => newAuditEvent({ userId, detail: { [text]: text } })),
    newAuditEvent({ userId, userAgent: '', ip: '', detail: { big: 'x'.repeat(4000) } }),
    newAuditEvent({ userId, type: 'a'.repeat(64), userAgent: '{NULL,"x\\"}' }),
  ]
  await storage.auditEvents.record(events)
  const kept = new Map((await allOf(storage, userId)).map((event) => [event.id, event]))
  assert.equal(kept.size, events.length)
  for (const { id, type, ip, userAgent, detail } of events) {
    const found = present(kept.get(id))
    assert.deepEqual(
      [found.type, found.ip, found.userAgent, found.detail],
      [type, ip, userAgent, detail],
    )
  }
})

promise('record: a hundred at once, and none', [], async (storage) => {
  const userId = unknownUserId()
  const events = Array.from({ length: 100 }, () => newAuditEvent({ userId }))
  await storage.auditEvents.record(events)
  assert.deepEqual(idsOf(await allOf(storage, userId, 7)).sort(), idsOf(events).sort())
  await storage.auditEvents.record([])
})

promise('record: an event that is kept already is never changed', [], async (storage) => {
  const userId = unknownUserId()
  const event = newAuditEvent({ userId })
  await storage.auditEvents.record([event])
  const before = only(await allOf(storage, userId))
  await storage.auditEvents.record([{ ...event, type: 'forged' }])
  assert.deepEqual(await allOf(storage, userId), [before])
})

promise('record: an event outlives its user', [], async (storage) => {
  const user = await signUpBare(storage)
  await storage.auditEvents.record([newAuditEvent({ userId: user.id })])
  assert.equal(await storage.users.delete(user.id), true)
  only(await allOf(storage, user.id))
})

promise("record: shares a transaction's fate", ['transaction'], async (storage) => {
  const userId = unknownUserId()
  const event = newAuditEvent({ userId })
  const thrown = new Error('rolled back')
  const failing = storage.transaction(async (tx) => {
    await tx.auditEvents.record([event])
    only(await allOf(tx, userId))
    throw thrown
  })
  assert.equal(await rejectionOf(failing), thrown)
  assert.deepEqual(await allOf(storage, userId), [])
  await storage.transaction((tx) => tx.auditEvents.record([event]))
  only(await allOf(storage, userId))
})

promise('list: newest first, page by page, each event once', ['elapse'], async (storage) => {
  const userId = unknownUserId()
  const events = Array.from({ length: 6 }, () => newAuditEvent({ userId }))
  await recordEach(storage, events)
  const expected = idsOf(events).reverse()
  for (const limit of [1, 2, 4, 6, 200])
    assert.deepEqual(idsOf(await allOf(storage, userId, limit)), expected)
  const all = await storage.auditEvents.list({ limit: 200 })
  const ours = idsOf(all.events).filter((id) => expected.includes(id))
  assert.deepEqual(ours, expected)
})

promise('list: ends exactly where there is nothing more', [], async (storage) => {
  const userId = unknownUserId()
  assert.deepEqual(await storage.auditEvents.list({ userId }), { events: [], next: null })
  await storage.auditEvents.record([newAuditEvent({ userId }), newAuditEvent({ userId })])
  const first = await storage.auditEvents.list({ userId, limit: 1 })
  const last = await storage.auditEvents.list({ userId, limit: 1, after: present(first.next) })
  assert.equal(last.next, null)
  assert.notEqual(only(first.events).id, only(last.events).id)
})

promise('list: returns no event of another user', [], async (storage) => {
  const [one, other] = [unknownUserId(), unknownUserId()]
  const event = newAuditEvent({ userId: one })
  await storage.auditEvents.record([event, newAuditEvent({ userId: other }), newAuditEvent()])
  assert.deepEqual(idsOf(await allOf(storage, one)), [event.id])
})

promise('list: an event is gone after its retention', ['elapse'], async (storage) => {
  const userId = unknownUserId()
  const [short, long] = [100, 5000].map((seconds) =>
    newAuditEvent({ userId, retentionSeconds: seconds }),
  )
  await storage.auditEvents.record([present(short), present(long)])
  await storage.elapse(101)
  assert.deepEqual(idsOf(await allOf(storage, userId)), [long?.id])
  await storage.sweep()
  assert.deepEqual(idsOf(await allOf(storage, userId)), [long?.id])
})

promise('record: twenty callers with the same event keep it once', [], async (storage) => {
  const userId = unknownUserId()
  const event = newAuditEvent({ id: newAuditEventId(), userId })
  await twentyAtOnce(() => storage.auditEvents.record([event]))
  only(await allOf(storage, userId))
})
