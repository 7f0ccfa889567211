/** Lets a fixed number of tasks run at once; the others wait in line. */
export function createSemaphore(
  concurrency: number,
): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let free = concurrency
  const waiting: (() => void)[] = []
  return async (task) => {
    if (free > 0) free -= 1
    else await new Promise<void>((turn) => waiting.push(turn))
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      // A turn that ends is handed on, so nobody can slip in between.
      if (next === undefined) free += 1
      else next()
    }
  }
}
