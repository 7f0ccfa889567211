/** The value of `promise`, or `expired()` thrown after so many milliseconds. The promise itself goes on. */
export function within<Value>(
  promise: Promise<Value>,
  milliseconds: number,
  expired: () => Error,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(expired()), milliseconds)
    promise.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

/** Waits `attempt` times about 20 ms, doubled each time, half of it random so that callers spread out. */
export function backOff(attempt: number): Promise<void> {
  const longest = Math.min(1000, 20 * 2 ** attempt)
  return new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)))
}

/** The milliseconds that are left until `deadline`, a time of `performance.now()`; negative once it has passed. */
export const timeLeft = (deadline: number): number => deadline - performance.now()
