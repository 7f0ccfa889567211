/** Lets a number of callers in at once; the others wait in the order in which they came. */
export interface Semaphore {
  /** True once the caller is in; false when that took too long. */
  enter(milliseconds: number): Promise<boolean>
  /** Whether the next caller waits. */
  isFull(): boolean
  /** Callers that wait. */
  waiting(): number
  /** Releases a slot. Call it once for each slot that was acquired. */
  leave(): void
}

export function createSemaphore(places: number): Semaphore {
  let free = places
  const waiting = new Set<() => void>()

  return {
    enter(milliseconds) {
      if (free > 0) {
        free -= 1
        return Promise.resolve(true)
      }
      return new Promise((resolve) => {
        const letIn = () => {
          clearTimeout(timer)
          resolve(true)
        }
        const timer = setTimeout(() => {
          waiting.delete(letIn)
          resolve(false)
        }, milliseconds)
        waiting.add(letIn)
      })
    },
    isFull: () => free === 0,
    waiting: () => waiting.size,
    leave() {
      const [next] = waiting
      if (next === undefined) {
        free += 1
        return
      }
      waiting.delete(next)
      next()
    },
  }
}
