/** The value of `promise`, or `expired()` thrown after so many milliseconds. The promise itself goes on. */
export async function within<Value>(
  promise: Promise<Value>,
  milliseconds: number,
  expired: () => Error,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(expired()), milliseconds)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits `attempt` times about 20 ms, doubled each time, half of it random so that callers spread out. */
export function backOff(attempt: number): Promise<void> {
  const longest = Math.min(1000, 20 * 2 ** attempt)
  return new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)))
}
