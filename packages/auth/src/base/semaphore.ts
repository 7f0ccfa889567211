/** Limits how many tasks run at once. The others wait in order of arrival. */
export type Semaphore = <Result>(task: () => Promise<Result>) => Promise<Result>

export function createSemaphore(concurrency: number): Semaphore {
  let free = concurrency
  const waiting: (() => void)[] = []
  return async (task) => {
    if (free > 0) free -= 1
    else await new Promise<void>((acquired) => waiting.push(acquired))
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      // A released slot goes to the next in line, so no later task can take it first.
      if (next === undefined) free += 1
      else next()
    }
  }
}
