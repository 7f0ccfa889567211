/** Background work failed; `task` names it. */
export interface BackgroundLogEvent {
  level: 'warn'
  event: 'background_task_failed'
  task: string
  error: unknown
}

/** Runs work after the response, so that the time of the response does not reveal it. */
export interface Background {
  /** Starts `work` after the response. An error is logged under the name `task`. */
  run(task: string, work: () => Promise<unknown>): void
  /** Resolves when no work is left. */
  settled(): Promise<void>
}

/** Keeps a serverless platform alive until a promise settles: its `waitUntil`. */
export type KeepAlive = (task: Promise<void>) => void

export function createBackground(
  keepAlive: KeepAlive | null,
  log: (event: BackgroundLogEvent) => void,
): Background {
  const pending = new Set<Promise<void>>()
  return {
    run(task, work) {
      const running = new Promise((resolve) => setImmediate(resolve))
        .then(work)
        .catch((error: unknown) =>
          log({ level: 'warn', event: 'background_task_failed', task, error }),
        )
        .then(() => {
          pending.delete(running)
        })
      pending.add(running)
      keepAlive?.(running)
    },
    async settled() {
      while (pending.size > 0) await Promise.all(pending)
    },
  }
}
