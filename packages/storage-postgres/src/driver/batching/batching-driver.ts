import type { BatchedCallMessage } from 'torii-core'
import { diagnosticsChannels, OutcomeUnknownError, ToriiError } from 'torii-core'
import type { BatchForm, Statement } from '../../sql/statement.js'
import type { Driver } from '../driver.js'
import type { TracedDriver } from '../traced-driver.js'
import { createBatchQueue } from './batch-queue.js'
import { binaryArray } from './binary-array.js'

/** More callers than this made a batch slower to answer without making it cheaper (decisions/0011). */
const maxBatch = 256
/** Callers that may wait; each holds a few hundred bytes. */
const maxWaiting = 16_384

interface Call {
  readonly values: unknown[]
  readonly deadline: number
  /** Published in the context of the caller; null without a subscriber. */
  readonly message: BatchedCallMessage | null
}
type Run = (call: Call) => Promise<unknown[]>

/**
 * The driver, which answers concurrent callers of a statement that has a batch form by one statement.
 * Everything else passes through; so does everything inside a transaction.
 * @param drainMs milliseconds in which all that wait are sent
 */
export function withBatches(driver: TracedDriver, drainMs: number): Driver {
  const queues = new Map<string, Run>()

  function queueOf(statement: Statement, form: BatchForm): Run {
    const known = queues.get(statement.preparedName)
    if (known !== undefined) return known
    const queue = createBatchQueue<Call, unknown[]>(
      {
        one: (call) => runOne(driver, statement, call),
        many: (calls) => runMany(driver, form, calls),
      },
      {
        maxBatch,
        maxWaiting,
        drainMs,
        refusal: () => overloaded(statement.name),
        askAlone: isAboutRows,
        ownError: (error) => ownError(error, statement.name),
      },
    )
    const run: Run = form.skipsLocked
      ? async (call) => {
          const rows = await queue(call)
          return rows === noRows ? runOne(driver, statement, call) : rows
        }
      : queue
    queues.set(statement.preparedName, run)
    return run
  }

  return {
    ...driver,
    run: (statement, values, deadline) =>
      statement.batch === undefined || isAlone(statement.batch, values)
        ? driver.run(statement, values, deadline)
        : queueOf(
            statement,
            statement.batch,
          )({ values, deadline, message: publishCall(statement) }),
  }
}

const isAlone = ({ alone }: BatchForm, values: readonly unknown[]): boolean =>
  alone.some((place) => values[place] !== null)

function publishCall({ name }: Statement): BatchedCallMessage | null {
  const { storageBatchedCall } = diagnosticsChannels
  if (!storageBatchedCall.hasSubscribers) return null
  const message = { statement: name }
  storageBatchedCall.publish(message)
  return message
}

const noMessages: readonly BatchedCallMessage[] = []

const messagesOf = (calls: readonly Call[]): readonly BatchedCallMessage[] =>
  calls[0]?.message === null ? noMessages : calls.flatMap(({ message }) => message ?? [])

const runOne = (
  driver: TracedDriver,
  statement: Statement,
  { values, deadline, message }: Call,
): Promise<unknown[]> =>
  driver.run(statement, values, deadline, message === null ? noMessages : [message])

/** The rows of a call that a batch returned none for. */
const noRows: unknown[] = []

/** The rows of each call, in the order of the calls. */
async function runMany(
  driver: TracedDriver,
  { statement, columns }: BatchForm,
  calls: readonly Call[],
): Promise<unknown[][]> {
  const arrays = columns.map(({ element, place }) =>
    binaryArray(
      element,
      calls.map(({ values }) => values[place]),
    ),
  )
  const each: unknown[][] = calls.map(() => noRows)
  // All of them end when the first of them must.
  const deadline = Math.min(...calls.map((call) => call.deadline))
  for (const row of await driver.run(statement, arrays, deadline, messagesOf(calls))) {
    // The place of the call that it answers, from 1.
    const place: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, 'i') : null
    const own = typeof place === 'number' ? each[place - 1] : undefined
    if (typeof place !== 'number' || own === undefined)
      throw new Error(`${statement.name}: a row answers no call`)
    each[place - 1] = [...own, row]
  }
  return each
}

/** What is wrong with the values of one call must not fail the others: they are sent alone. */
const isAboutRows = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof ToriiError && error.code === 'ERR_STORAGE')

/** An error that one caller may change without another seeing it. */
function ownError(error: unknown, operation: string): unknown {
  if (!(error instanceof ToriiError)) return error
  const { code, message, cause } = error
  return error instanceof OutcomeUnknownError
    ? new OutcomeUnknownError(operation, { cause })
    : new ToriiError(code, message, { cause })
}

const overloaded = (operation: string): ToriiError =>
  new ToriiError(
    'ERR_UNAVAILABLE',
    `more than ${maxWaiting} calls of "${operation}" are waiting for the database; nothing was done. It is slower than its callers: shed load, or add a process or a faster server`,
  )
