import { ToriiError } from 'torii-core'
import { createSemaphore } from '../base/semaphore.js'

/** Limits how many passwords are hashed at once, and how many attempts wait. */
export interface HashingQueue {
  /**
   * Acquires a slot for `work`, or refuses at once if all slots are taken. The slot is held until the work
   * ends, also while it waits for the database, so the database gets no more attempts than can be hashed.
   * @throws ToriiError ERR_BUSY
   */
  withSlot<Result>(work: () => Promise<Result>): Promise<Result>
  /** Runs a task once fewer than `concurrency` others run, first come, first served. Only within {@link withSlot}. */
  run<Result>(task: () => Promise<Result>): Promise<Result>
}

export function createHashingQueue(size: {
  concurrency: number
  maxWaiting: number
}): HashingQueue {
  let slots = size.concurrency + size.maxWaiting
  return {
    async withSlot(work) {
      if (slots === 0)
        throw new ToriiError(
          'ERR_BUSY',
          'too many passwords are waiting to be hashed; try again shortly',
        )
      slots -= 1
      try {
        return await work()
      } finally {
        slots += 1
      }
    },
    run: createSemaphore(size.concurrency),
  }
}
