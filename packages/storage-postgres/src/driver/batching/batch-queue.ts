/** How callers are answered: one alone, or several by one statement. */
export interface BatchSender<Item, Answer> {
  one(item: Item): Promise<Answer>
  /** Resolves to one answer per item, in their order; rejects when there is none for any of them. */
  many(items: readonly Item[]): Promise<readonly Answer[]>
}

export interface BatchLimits {
  /** Callers in one batch at most. */
  readonly maxBatch: number
  /** Callers that wait at most; one more is refused. */
  readonly maxWaiting: number
  /** Milliseconds in which all that wait are sent, also when nothing that was sent is answered. */
  readonly drainMs: number
  /** The error of a caller beyond {@link maxWaiting}. */
  refusal(): Error
  /** Whether after the error of a whole batch each of its callers asks alone. */
  askAlone(error: unknown): boolean
  /** The error of a whole batch, made anew for each of its callers. */
  ownError(error: unknown): unknown
}

/** Batches in flight: while the server works on one, the next is sent or read. More gained nothing. */
const maxInFlight = 2
/** Both places are free and this many wait: each takes half. */
const worthHalving = 16
/** Milliseconds that a few callers wait for a larger batch in flight, instead of a statement of their own. */
const holdMs = 2

interface Caller<Item, Answer> {
  readonly item: Item
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/**
 * Answers callers that come while others are being answered by few statements. A caller that comes alone
 * is sent at once. The others are sent when the turn of the event loop ends and a place is free.
 */
export function createBatchQueue<Item, Answer>(
  sender: BatchSender<Item, Answer>,
  limits: BatchLimits,
): (item: Item) => Promise<Answer> {
  const { maxBatch, maxWaiting, drainMs } = limits
  // What is not answered by then gives its place away, so one connection that hangs does not hold up the others.
  const placeMs = Math.max(10, (drainMs * maxBatch * maxInFlight) / maxWaiting)
  let waiting: Caller<Item, Answer>[] = []
  let inFlight = 0
  /** Callers of the batches in flight. */
  let callersInFlight = 0
  let scheduled = false
  let holding: NodeJS.Timeout | null = null

  function schedule(): void {
    if (scheduled || waiting.length === 0) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      if (inFlight === 0 || waiting.length * 2 >= callersInFlight) flush()
      else holding ??= setTimeout(flush, holdMs)
    })
  }

  function flush(): void {
    if (holding !== null) clearTimeout(holding)
    holding = null
    while (waiting.length > 0 && inFlight < maxInFlight) {
      const share = waiting.length < worthHalving ? 1 : maxInFlight - inFlight
      const size = Math.min(maxBatch, Math.ceil(waiting.length / share))
      const batch = waiting.slice(0, size)
      waiting = waiting.slice(size)
      takePlace(batch.length, sendBatch(batch))
    }
  }

  /** Counts as in flight until it is answered, or for {@link placeMs}. */
  function takePlace(callers: number, done: Promise<unknown>): void {
    inFlight += 1
    callersInFlight += callers
    let left = false
    const leave = () => {
      if (left) return
      left = true
      clearTimeout(timer)
      inFlight -= 1
      callersInFlight -= callers
      schedule()
    }
    const timer = setTimeout(leave, placeMs)
    done.then(leave, leave)
  }

  async function sendBatch(batch: readonly Caller<Item, Answer>[]): Promise<void> {
    const [only] = batch
    if (only !== undefined && batch.length === 1) return sendOne(only)
    try {
      const answers = await sender.many(batch.map(({ item }) => item))
      if (answers.length !== batch.length)
        throw new Error(`expected ${batch.length} answers, got ${answers.length}`)
      for (const [place, answer] of answers.entries()) batch[place]?.resolve(answer)
    } catch (error) {
      if (limits.askAlone(error)) await Promise.all(batch.map(sendOne))
      else for (const { reject } of batch) reject(limits.ownError(error))
    }
  }

  const sendOne = ({ item, resolve, reject }: Caller<Item, Answer>): Promise<void> =>
    sender.one(item).then(resolve, reject)

  return (item) => {
    if (inFlight === 0 && waiting.length === 0) {
      const answer = sender.one(item)
      takePlace(1, answer)
      return answer
    }
    if (waiting.length >= maxWaiting) return Promise.reject(limits.refusal())
    return new Promise<Answer>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      schedule()
    })
  }
}
