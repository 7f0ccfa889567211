/** Rejects after `seconds`, or when `stop` aborts, even if the work ignores the signal that it is given. */
export async function within<Result>(
  seconds: number,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController()
  let end = (_error: Error): void => undefined
  const ended = new Promise<never>((_, reject) => {
    end = (error) => {
      reject(error)
      abort.abort(error)
    }
  })
  // Nothing listens to it if the stop came first.
  ended.catch(() => undefined)
  const stopped = () => end(Object.assign(new Error('stopped'), { code: 'ECANCELED' }))
  if (stop.aborted) stopped()
  stop.addEventListener('abort', stopped)
  const timer = setTimeout(
    () => end(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
    seconds * 1000,
  )
  try {
    return await Promise.race([stop.aborted ? ended : work(abort.signal), ended])
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', stopped)
  }
}
