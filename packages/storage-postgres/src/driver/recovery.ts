import { ToriiError } from 'torii-core'
import { backOff } from '../base/deadline.js'
import type { Readback, Write } from '../sql/database.js'

/** Milliseconds after a lost reply in which the server is asked again whether the write was committed. */
const recoveryMs = 10_000
/** Rounds in them at most: some three seconds where the server refuses connections at once. */
const maxRounds = 7

/**
 * Runs a write. When its reply is lost, `readback` decides whether it was committed: what it finds is the
 * result, null means that the write is sent again. A repetition can meet the first write, on which the server
 * may still be working, and is then refused: so `readback` has the last word on every refusal.
 * @throws OutcomeUnknownError when the server does not come back in time
 */
export async function runWithRecovery<Result>(
  write: Write<Result>,
  readback: Readback<Result>,
): Promise<Result> {
  let lostReply: unknown
  try {
    return await write(false)
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw error
    lostReply = error
  }
  const started = performance.now()
  for (let round = 1; round <= maxRounds && performance.now() - started < recoveryMs; round += 1) {
    await backOff(round)
    try {
      const found = await readback()
      if (found !== null) return found
      const result = await write(true)
      return isRefusal(result) ? ((await readback()) ?? result) : result
    } catch {
      // Not thrown yet: the server is still away, or the first write has just been committed.
    }
  }
  throw lostReply
}

/** The readback of a write whose repetition is safe in itself. */
export const nothingToRead = async (): Promise<null> => null

const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof ToriiError && error.code === 'ERR_OUTCOME_UNKNOWN'

const isRefusal = (result: unknown): boolean =>
  result === null ||
  result === false ||
  (typeof result === 'object' && Reflect.get(result, 'ok') === false)
