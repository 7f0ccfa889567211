import assert from 'node:assert/strict'
import { ToriiError } from 'torii-core'
import { test } from 'vitest'
import { createHashingQueue } from './hashing-queue.js'

/** A task that ends when it is told to. */
function openTask() {
  let finish = () => {}
  const ended = new Promise<void>((resolve) => {
    finish = resolve
  })
  return { ended, finish: () => finish() }
}

const isBusy = (error: unknown) => error instanceof ToriiError && error.code === 'ERR_BUSY'
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('runs as many at once as it may, the rest in their order', async () => {
  const queue = createHashingQueue({ concurrency: 2, maxWaiting: 8 })
  const tasks = Array.from({ length: 5 }, openTask)
  const started: number[] = []
  const all = tasks.map((task, at) =>
    queue.withSlot(() =>
      queue.run(async () => {
        started.push(at)
        await task.ended
      }),
    ),
  )
  await turn()
  assert.deepEqual(started, [0, 1])
  tasks[1]?.finish()
  await turn()
  assert.deepEqual(started, [0, 1, 2])
  for (const task of tasks) task.finish()
  await Promise.all(all)
  assert.deepEqual(started, [0, 1, 2, 3, 4])
})

test('refuses beyond its places before any work begins, and admits again when one is free', async () => {
  const queue = createHashingQueue({ concurrency: 1, maxWaiting: 1 })
  const held = openTask()
  const work = () => held.ended
  const ran = [queue.withSlot(work), queue.withSlot(work)]
  let began = false
  await assert.rejects(
    queue.withSlot(async () => {
      began = true
    }),
    isBusy,
  )
  assert.equal(began, false)
  held.finish()
  await Promise.all(ran)
  assert.equal(await queue.withSlot(async () => 'in'), 'in')
})

test('a task or a work that fails gives its turn and its place back', async () => {
  const queue = createHashingQueue({ concurrency: 1, maxWaiting: 0 })
  const fail = async () => {
    throw new Error('failed')
  }
  await assert.rejects(
    queue.withSlot(() => queue.run(fail)),
    /failed/,
  )
  await assert.rejects(queue.withSlot(fail), /failed/)
  assert.equal(await queue.withSlot(() => queue.run(async () => 'in')), 'in')
})
