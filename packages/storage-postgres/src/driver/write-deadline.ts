import { setTimeout as sleep } from 'node:timers/promises'
import { backOff, timeLeft } from '../base/deadline.js'
import type { DatabaseClock, ServerAnswer } from './database-clock.js'
import type { PgClient } from './pg-pool.js'

/** One attempt of a write. Times are seconds since 1970 by the database's clock. */
export interface WriteAttempt {
  readonly sentAt: number
  /** Its write deadline: the server begins nothing of it after this time. */
  readonly notAfter: number
  /** The server at the end of the connection that it was sent over. */
  readonly server: ServerAnswer
}

/** How new connections are had, and what they are asked by. */
interface Servers {
  acquire(deadline: number): Promise<PgClient>
  readonly clock: DatabaseClock
}

/** How far the estimate of {@link WriteAttempt.sentAt} may be off. */
const clockErrorSeconds = 0.1
/** A pooler may give a write that waits in it to another server, whose clock differs. */
const poolerMarginSeconds = 1
/** Seconds between two questions to the server, doubled each time up to the second value. */
const pauseSeconds = [0.005, 0.25] as const

/**
 * Waits until it is decided what became of a lost write, by the word of the server itself: it begins nothing of the
 * write any more, so what a read does not show then was not done and never will be, except where the write was
 * waiting inside its commit. At the latest that is so when the end of the write has passed.
 * @returns false when no server said so before `deadline`
 */
export async function waitForWriteDeadline(
  write: WriteAttempt,
  deadline: number,
  servers: Servers,
): Promise<boolean> {
  const margin = write.server.processId === null ? poolerMarginSeconds : 0
  for (let round = 0; timeLeft(deadline) > 0; round += 1) {
    const answer = await ask(write, deadline, servers)
    if (answer === null) await backOff(round)
    else if (hasEnded(write, answer, margin)) return true
    else {
      const [first, longest] = pauseSeconds
      const pause = Math.min(first * 2 ** round, longest, write.notAfter + margin - answer.now)
      await sleep(Math.max(0, Math.min(pause * 1000, timeLeft(deadline))))
    }
  }
  return false
}

function hasEnded(
  { sentAt, notAfter, server }: WriteAttempt,
  answer: ServerAnswer,
  margin: number,
): boolean {
  if (answer.now > notAfter + margin) return true
  // A pooler can hold the write, and give it to any server process.
  if (server.processId === null || answer.processId === null) return false
  // The same server has no such process any more, or a server that was started later never had it.
  return answer.startedAt === server.startedAt
    ? answer.isGone
    : answer.startedAt > sentAt + clockErrorSeconds
}

async function ask(
  { server }: WriteAttempt,
  deadline: number,
  { acquire, clock }: Servers,
): Promise<ServerAnswer | null> {
  let client: PgClient
  try {
    client = await acquire(deadline)
  } catch {
    return null
  }
  try {
    const answer = await clock.ask(client, Math.max(1, timeLeft(deadline) / 4), server.processId)
    client.release()
    return answer
  } catch {
    client.release(true)
    return null
  }
}
