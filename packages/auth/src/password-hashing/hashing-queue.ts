import { ToriiError } from 'torii-core'

/** Lets a fixed number of tasks run at once, and a fixed number more be under way. */
export interface HashingQueue {
  /**
   * Takes a place for `work`, or refuses at once when all are taken. A place is held until the work
   * ends, also while it asks the database, so the database is not asked for more than can be hashed.
   * @throws ToriiError ERR_BUSY
   */
  withSlot<Result>(work: () => Promise<Result>): Promise<Result>
  /** Runs a task when its turn comes, first come first served. Only from within admitted work. */
  run<Result>(task: () => Promise<Result>): Promise<Result>
}

export function createHashingQueue(size: {
  concurrency: number
  maxWaiting: number
}): HashingQueue {
  let free = size.concurrency
  let places = size.concurrency + size.maxWaiting
  const waiting: (() => void)[] = []

  /** A turn that ends is handed on to the next in line, so nobody can slip in between. */
  const endTurn = () => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }

  return {
    async withSlot(work) {
      if (places === 0)
        throw new ToriiError(
          'ERR_BUSY',
          'too many passwords are waiting to be hashed; try again shortly',
        )
      places -= 1
      try {
        return await work()
      } finally {
        places += 1
      }
    },
    async run(task) {
      if (free > 0) free -= 1
      else await new Promise<void>((turn) => waiting.push(turn))
      try {
        return await task()
      } finally {
        endTurn()
      }
    },
  }
}
