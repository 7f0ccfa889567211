import { ToriiError } from 'torii-core'

/** Who wants a password hashed. */
export interface HashingShare {
  /** True for known browsers, live sessions and holders of a mailed token, for whom a quarter of the places is kept. */
  readonly reserved: boolean
  /** The IP address or range, or null if it is unknown. */
  readonly ipAddress: string | null
  /** The account whose password it is, or null. */
  readonly account: string | null
}

/** Limits how many passwords are hashed at once, and how many wait. */
export interface HashingQueue {
  /**
   * Runs a task once fewer than `concurrency` others run. If many wait, callers take turns: the next task is the one with the
   * fewest tasks of the same IP address or account before it. If too many wait, the IP address or account that has the most
   * loses its last one, so that a flood refuses itself.
   * @throws ToriiError ERR_BUSY
   */
  run<Result>(share: HashingShare, task: () => Promise<Result>): Promise<Result>
}

interface Waiting {
  readonly share: HashingShare
  readonly start: () => void
  readonly refuse: (error: ToriiError) => void
}

export function createHashingQueue(size: {
  concurrency: number
  maxWaiting: number
}): HashingQueue {
  const maxStrangers = size.maxWaiting - Math.ceil(size.maxWaiting / 4)
  const running: HashingShare[] = []
  const waiting: Waiting[] = []
  let reservedIsNext = true

  /** Adds a task to the waiting ones. If these are too many, refuses the last one of the caller who has the most. */
  function enqueue(task: Waiting): void {
    waiting.push(task)
    const strangers = waiting.filter(({ share }) => !share.reserved)
    if (waiting.length <= size.maxWaiting && strangers.length <= maxStrangers) return
    const last = greatest(strangers.length > maxStrangers ? strangers : waiting, ranks())
    remove(waiting, last)
    last.refuse(busy())
  }

  /** How many tasks of the same IP address or account are before each waiting task; the ones that run count. */
  function ranks(): Ranks {
    const [ofIpAddress, ofAccount] = [createCounter(), createCounter()]
    const count = ({ ipAddress, account }: HashingShare) =>
      Math.max(ofIpAddress(ipAddress), ofAccount(account))
    for (const share of running) count(share)
    return new Map(waiting.map((task) => [task, count(task.share)]))
  }

  /** Reserved tasks and strangers' take turns; among each the one with the fewest before it, then the first to come. */
  function startNext(): void {
    const kind = waiting.filter(({ share }) => share.reserved === reservedIsNext)
    const next = least(kind.length > 0 ? kind : waiting, ranks())
    reservedIsNext = !next.share.reserved
    remove(waiting, next)
    next.start()
  }

  return {
    async run(share, task) {
      if (running.length < size.concurrency) running.push(share)
      else
        await new Promise<void>((resolve, refuse) => {
          const start = () => {
            running.push(share)
            resolve()
          }
          enqueue({ share, start, refuse })
        })
      try {
        return await task()
      } finally {
        // The next is chosen while this one still counts, so that a caller with many tasks is not next again.
        if (waiting.length > 0) startNext()
        remove(running, share)
      }
    },
  }
}

const busy = () =>
  new ToriiError('ERR_BUSY', 'too many passwords are waiting to be hashed; try again shortly')

function remove<Value>(list: Value[], value: Value): void {
  list.splice(list.indexOf(value), 1)
}

/** Returns a function that counts names: how often it was called with this name before, and 0 for null. */
function createCounter(): (name: string | null) => number {
  const counts = new Map<string, number>()
  return (name) => {
    if (name === null) return 0
    const before = counts.get(name) ?? 0
    counts.set(name, before + 1)
    return before
  }
}

type Ranks = ReadonlyMap<Waiting, number>

const rankOf = (ranks: Ranks, task: Waiting): number => ranks.get(task) ?? 0

/** The first of the tasks with the lowest rank. */
const least = (tasks: readonly Waiting[], ranks: Ranks): Waiting =>
  tasks.reduce((best, task) => (rankOf(ranks, task) < rankOf(ranks, best) ? task : best))

/** The last of the tasks with the highest rank. */
const greatest = (tasks: readonly Waiting[], ranks: Ranks): Waiting =>
  tasks.reduce((best, task) => (rankOf(ranks, task) >= rankOf(ranks, best) ? task : best))
