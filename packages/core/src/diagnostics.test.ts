import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { afterEach, describe, test } from 'vitest'
import type { OperationMessage } from './diagnostics.js'
import { diagnosticsChannels, trace, traceMethods } from './diagnostics.js'
import { ToriiError } from './errors.js'

const { storageOperation } = diagnosticsChannels
const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** What is published from now on: the event, with the members of the message at that time. */
function record(): [string, OperationMessage][] {
  const published: [string, OperationMessage][] = []
  for (const event of events) {
    const listener = (message: OperationMessage) => published.push([event, { ...message }])
    storageOperation[event].subscribe(listener)
    stops.push(() => storageOperation[event].unsubscribe(listener))
  }
  return published
}

const never = () => assert.fail('no message without a subscriber')
const message = () => ({ operation: 'users.find' })

describe('trace()', () => {
  test('without a subscriber it makes no message, and returns the very promise of the work', () => {
    const promise = Promise.resolve(1)
    assert.equal(
      trace(storageOperation, never, () => promise),
      promise,
    )
  })

  test('publishes start, end, asyncStart and asyncEnd in this order, and never the result', async () => {
    const published = record()
    const result = await trace(storageOperation, message, async () => 'torii_s_secret')
    assert.equal(result, 'torii_s_secret')
    assert.deepEqual(published, [
      ['start', message()],
      ['end', message()],
      ['asyncStart', message()],
      ['asyncEnd', message()],
    ])
  })

  for (const [how, fail] of [
    ['rejects', () => Promise.reject(new ToriiError('ERR_BUSY', 'of ada@example.com'))],
    [
      'throws',
      () => {
        throw new ToriiError('ERR_BUSY', 'of ada@example.com')
      },
    ],
  ] as const)
    test(`a work that ${how} is published with the code of its error, which is thrown`, async () => {
      const published = record()
      await assert.rejects(async () => trace(storageOperation, message, fail), {
        message: 'of ada@example.com',
      })
      const failed = { ...message(), errorCode: 'ERR_BUSY' }
      assert.deepEqual(published, [
        ['start', message()],
        ['end', message()],
        ['error', failed],
        ['asyncStart', failed],
        ['asyncEnd', failed],
      ])
    })

  test('an error without a code of ours is "error": its own code and message could be anything', async () => {
    const published = record()
    const error = Object.assign(new Error('ada@example.com'), { code: 'ada@example.com' })
    await assert.rejects(trace(storageOperation, message, () => Promise.reject(error)))
    assert.deepEqual(published.at(-1), ['asyncEnd', { ...message(), errorCode: 'error' }])
  })

  test('work that returns no promise is published too', () => {
    const published = record()
    assert.equal(
      trace(storageOperation, message, () => 5),
      5,
    )
    assert.deepEqual(
      published.map(([event]) => event),
      ['start', 'end', 'asyncStart', 'asyncEnd'],
    )
  })

  test('runs the work in the context that each subscriber of start asks for, the first one outermost', async () => {
    const contexts = new AsyncLocalStorage<string>()
    for (const name of ['first', 'second']) {
      const listener = (each: OperationMessage) => {
        const { within = (work) => work() } = each
        each.within = (work) =>
          within(() => contexts.run(`${contexts.getStore() ?? ''} ${name}`, work))
      }
      storageOperation.start.subscribe(listener)
      stops.push(() => storageOperation.start.unsubscribe(listener))
    }
    const inside = await trace(storageOperation, message, async () => {
      await Promise.resolve()
      return contexts.getStore()
    })
    assert.equal(inside, ' first second')
    assert.equal(contexts.getStore(), undefined)
  })

  test('runs the work with a store that is bound to the channel, as Node.js does', async () => {
    const store = new AsyncLocalStorage<string>()
    const start = channel('tracing:torii.storage.operation:start')
    start.bindStore(store, (each) => `within ${Reflect.get(Object(each), 'operation')}`)
    stops.push(() => start.unbindStore(store))
    const inside = await trace(storageOperation, message, async () => store.getStore())
    assert.equal(inside, 'within users.find')
  })
})

describe('traceMethods()', () => {
  const methods = traceMethods(storageOperation, 'password', {
    change: async (reason: unknown) => ({ ok: false, reason }),
    reset: { complete: async (token: string, n: number) => [token, n] },
    limit: 5,
  })

  test('calls each method with what it was given, and publishes it under its path', async () => {
    const published = record()
    assert.deepEqual(await methods.reset.complete('torii_r_secret', 2), ['torii_r_secret', 2])
    assert.deepEqual(published[0], ['start', { operation: 'password.reset.complete' }])
    assert.equal(methods.limit, 5)
  })

  test('an error result is published by its reason, if that is a name', async () => {
    const published = record()
    const reasons = ['invalid_credentials', 'ada@example.com', 'Not A Name', null, 'x'.repeat(65)]
    for (const reason of reasons) await methods.change(reason)
    const ended = published.filter(([event]) => event === 'asyncEnd')
    assert.deepEqual(
      ended.map(([, { reason }]) => reason),
      ['invalid_credentials', undefined, undefined, undefined, undefined],
    )
  })
})
