import type { Attributes, BatchObservableCallback, Meter } from '@opentelemetry/api'
import type { PoolState, TracedChannel, TracedMessage } from 'torii-core'
import { diagnosticsChannels } from 'torii-core'
import { statementAttributes } from './spans.js'
import type { Stop } from './subscriptions.js'
import { listen } from './subscriptions.js'

/** Seconds, as the conventions recommend them. */
const durations = { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] }
/** A batch holds at most 256 calls. */
const batchSizes = { explicitBucketBoundaries: [1, 2, 4, 8, 16, 32, 64, 128, 256] }

/** Records every metric on instruments of this meter. */
export function recordMetrics(meter: Meter): Stop[] {
  return [
    ...recordOperations(meter),
    ...recordStatements(meter),
    ...recordPools(meter),
    ...recordCounts(meter),
  ]
}

/** Calls `record` with each message and the seconds that its work took. */
function timed<Message extends TracedMessage>(
  channel: TracedChannel<Message>,
  record: (message: Message, seconds: number) => void,
): Stop[] {
  const starts = new WeakMap<Message, number>()
  return [
    listen(channel.start, (message) => starts.set(message, performance.now())),
    listen(channel.asyncEnd, (message) => {
      const start = starts.get(message)
      if (start !== undefined) record(message, (performance.now() - start) / 1000)
    }),
  ]
}

const errorType = ({ errorCode }: TracedMessage): Attributes =>
  errorCode === undefined ? {} : { 'error.type': errorCode }

function recordOperations(meter: Meter): Stop[] {
  const duration = meter.createHistogram('torii.auth.operation.duration', {
    unit: 's',
    description: "Duration of calls of Torii's services",
    advice: durations,
  })
  return timed(diagnosticsChannels.authOperation, (message, seconds) => {
    const { operation, reason } = message
    const result = reason === undefined ? {} : { 'torii.reason': reason }
    duration.record(seconds, { 'torii.operation': operation, ...result, ...errorType(message) })
  })
}

function recordStatements(meter: Meter): Stop[] {
  const duration = meter.createHistogram('db.client.operation.duration', {
    unit: 's',
    description: 'Duration of database client operations',
    advice: durations,
  })
  const batch = meter.createHistogram('torii.storage.batch.size', {
    unit: '{call}',
    description: 'Calls that one statement answers, of the statements that can answer several',
    advice: batchSizes,
  })
  return timed(diagnosticsChannels.storageStatement, (message, seconds) => {
    const { 'db.operation.batch.size': _, ...attributes } = statementAttributes(message)
    duration.record(seconds, { ...attributes, ...errorType(message) })
    const [first] = message.calls
    if (first !== undefined)
      batch.record(message.calls.length, { 'db.query.summary': first.statement })
  })
}

/** Pools are known from the first connection that is asked of them; one that was collected is forgotten. */
function recordPools(meter: Meter): Stop[] {
  const live = new Set<WeakRef<PoolState>>()
  const names = new WeakMap<PoolState, string>()
  const counts = new Map<string, number>()
  const nameOf = (pool: PoolState): string => {
    const known = names.get(pool)
    if (known !== undefined) return known
    const number = (counts.get(pool.schema) ?? 0) + 1
    counts.set(pool.schema, number)
    const name = number === 1 ? pool.schema : `${pool.schema}-${number}`
    names.set(pool, name)
    live.add(new WeakRef(pool))
    return name
  }
  const wait = meter.createHistogram('db.client.connection.wait_time', {
    unit: 's',
    description: 'Wait for a connection of the pool',
    advice: durations,
  })
  const options = { unit: '{connection}' }
  const count = meter.createObservableUpDownCounter('db.client.connection.count', {
    ...options,
    description: 'Connections of the pool by state',
  })
  const max = meter.createObservableUpDownCounter('db.client.connection.max', {
    ...options,
    description: 'Connections of the pool at most',
  })
  const pending = meter.createObservableUpDownCounter('db.client.connection.pending_requests', {
    unit: '{request}',
    description: 'Callers that wait for a connection',
  })
  const observables = [count, max, pending]
  const observe: BatchObservableCallback = (result) => {
    for (const reference of live) {
      const pool = reference.deref()
      if (pool === undefined) {
        live.delete(reference)
        continue
      }
      const attributes = { 'db.client.connection.pool.name': nameOf(pool) }
      const state = (value: 'idle' | 'used') => ({
        ...attributes,
        'db.client.connection.state': value,
      })
      const { total, idle, waiting } = pool
      result.observe(max, pool.max, attributes)
      if (idle !== null) result.observe(count, idle, state('idle'))
      if (idle !== null && total !== null) result.observe(count, total - idle, state('used'))
      if (waiting !== null) result.observe(pending, waiting, attributes)
    }
  }
  meter.addBatchObservableCallback(observe, observables)
  return [
    ...timed(diagnosticsChannels.storageConnection, (message, seconds) =>
      wait.record(seconds, {
        'db.client.connection.pool.name': nameOf(message.pool),
        ...errorType(message),
      }),
    ),
    () => meter.removeBatchObservableCallback(observe, observables),
  ]
}

function recordCounts(meter: Meter): Stop[] {
  const refusals = meter.createCounter('torii.auth.rate_limit.refusals', {
    unit: '{attempt}',
    description: 'Attempts that a rate limit refused',
  })
  const mails = meter.createCounter('torii.auth.mail', {
    unit: '{message}',
    description: 'Mail messages by kind, counted at each state that they reach',
  })
  const { authRateLimited, authMail } = diagnosticsChannels
  return [
    listen(authRateLimited, ({ path }) => refusals.add(1, { 'torii.attempt': path })),
    listen(authMail, ({ kind, state }) =>
      mails.add(1, { 'torii.mail.kind': kind, 'torii.mail.state': state }),
    ),
  ]
}
