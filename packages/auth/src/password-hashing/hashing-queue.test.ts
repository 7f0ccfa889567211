import assert from 'node:assert/strict'
import { ToriiError } from 'torii-core'
import { test } from 'vitest'
import type { HashingShare } from './hashing-queue.js'
import { createHashingQueue } from './hashing-queue.js'

const isBusy = (error: unknown) => error instanceof ToriiError && error.code === 'ERR_BUSY'
const turn = () => new Promise((resolve) => setImmediate(resolve))

const stranger = (ipAddress: string | null, account: string | null = null): HashingShare => ({
  reserved: false,
  ipAddress,
  account,
})
const user = (ipAddress: string | null, account: string | null = null): HashingShare => ({
  reserved: true,
  ipAddress,
  account,
})

/** A queue whose tasks end one after another, by `finish`. */
function openQueue(size: { concurrency: number; maxWaiting: number }) {
  const queue = createHashingQueue(size)
  const started: string[] = []
  const refused: string[] = []
  const running: (() => void)[] = []
  return {
    queue,
    started,
    refused,
    add(name: string, share: HashingShare) {
      const task = queue.run(share, () => {
        started.push(name)
        return new Promise<void>((resolve) => running.push(resolve))
      })
      task.catch((error: unknown) => {
        assert.ok(isBusy(error))
        refused.push(name)
      })
    },
    async finish(count = 1) {
      for (let done = 0; done < count; done++) {
        running.shift()?.()
        await turn()
      }
    },
  }
}

test('runs as many at once as it may, the rest in their order', async () => {
  const { add, started, finish } = openQueue({ concurrency: 2, maxWaiting: 8 })
  for (const name of ['a', 'b', 'c', 'd', 'e']) add(name, stranger(name))
  await turn()
  assert.deepEqual(started, ['a', 'b'])
  await finish()
  assert.deepEqual(started, ['a', 'b', 'c'])
  await finish(2)
  assert.deepEqual(started, ['a', 'b', 'c', 'd', 'e'])
})

test('T8.97 refuses beyond its places, and admits again when one is free', async () => {
  const { add, started, refused, finish } = openQueue({ concurrency: 1, maxWaiting: 1 })
  add('runs', user('1'))
  add('waits', user('2'))
  add('refused', user('3'))
  await turn()
  assert.deepEqual(refused, ['refused'])
  await finish()
  add('later', user('4'))
  await finish()
  assert.deepEqual(started, ['runs', 'waits', 'later'])
})

test('a task that fails gives its place back', async () => {
  const queue = createHashingQueue({ concurrency: 1, maxWaiting: 0 })
  const fail = async () => {
    throw new Error('failed')
  }
  await assert.rejects(queue.run(stranger('1'), fail), /failed/)
  assert.equal(await queue.run(stranger('1'), async () => 'in'), 'in')
})

test('a flood from one IP address delays and refuses only itself', async () => {
  const { add, started, refused, finish } = openQueue({ concurrency: 1, maxWaiting: 8 })
  for (let at = 0; at < 20; at++) add(`flood ${at}`, stranger('1', `account ${at}`))
  add('other', stranger('2', 'other'))
  await turn()
  assert.equal(refused.length, 20 - 1 - 6 + 1, 'one runs, six places for strangers')
  assert.ok(refused.every((name) => name.startsWith('flood')))
  await finish()
  assert.equal(started[1], 'other')
})

test('a flood on one account from many IP addresses displaces no other account', async () => {
  const { add, started, refused, finish } = openQueue({ concurrency: 1, maxWaiting: 8 })
  for (let at = 0; at < 20; at++) add(`flood ${at}`, stranger(`ip ${at}`, 'target'))
  add('other', stranger('2', 'other'))
  await turn()
  assert.ok(refused.length > 0 && refused.every((name) => name.startsWith('flood')))
  await finish()
  assert.equal(started[1], 'other')
})

test('strangers leave a quarter of the places to users, who take turns with them', async () => {
  const { add, started, refused, finish } = openQueue({ concurrency: 1, maxWaiting: 8 })
  for (let at = 0; at < 20; at++) add(`stranger ${at}`, stranger(`ip ${at}`, `account ${at}`))
  await turn()
  assert.equal(refused.length, 13)
  add('user 1', user('a'))
  add('user 2', user('b'))
  await turn()
  assert.ok(refused.every((name) => name.startsWith('stranger')))
  await finish(4)
  assert.deepEqual(started.slice(1), ['user 1', 'stranger 1', 'user 2', 'stranger 2'])
})

test('a patient caller is served although new ones come all the time', async () => {
  const { add, started, finish } = openQueue({ concurrency: 1, maxWaiting: 40 })
  for (let at = 0; at < 4; at++) add(`office ${at}`, stranger('office', `person ${at}`))
  for (let at = 0; at < 20; at++) {
    add(`new ${at}`, stranger(`ip ${at}`, `account ${at}`))
    await finish()
  }
  assert.ok(started.includes('office 3'), started.join())
})
