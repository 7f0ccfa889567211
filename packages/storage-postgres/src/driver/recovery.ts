import { backOff, timeLeft } from '../base/deadline.js'
import type { Database, Readback, Write } from '../sql/database.js'
import { isOutcomeUnknown } from './storage-errors.js'

/** Milliseconds in which there is time for nothing more than a read. */
const leastMs = 20

/**
 * Runs a write within a call. When its reply is lost, `readback` decides whether it was committed: what it finds is
 * the result, null means that the write is sent again. By then the server has said that it begins nothing of the
 * first write any more; but it can still be working on it, so `readback` has the last word on every refusal.
 * @throws OutcomeUnknownError when the server does not come back before `deadline`
 */
export async function runWithRecovery<Result>(
  call: Database,
  deadline: number,
  write: Write<Result>,
  readback: Readback<Result>,
): Promise<Result> {
  let lostReply: unknown
  try {
    return await write(call, false)
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw error
    lostReply = error
  }
  for (let round = 1; timeLeft(deadline) > leastMs; round += 1) {
    try {
      const found = await readback(call)
      if (found !== null) return found
      const result = await write(call, true)
      return isRefusal(result) ? ((await readback(call)) ?? result) : result
    } catch {
      // Not thrown yet: the server is still away, or the first write has just been committed.
      await backOff(round)
    }
  }
  throw lostReply
}

/** The readback of a write whose repetition is safe in itself. */
export const nothingToRead = async (): Promise<null> => null

const isRefusal = (result: unknown): boolean =>
  result === null ||
  result === false ||
  (typeof result === 'object' && Reflect.get(result, 'ok') === false)
