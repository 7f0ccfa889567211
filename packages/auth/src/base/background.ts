/** Background work failed; `task` names it. */
export interface BackgroundLogEvent {
  level: 'warn'
  event: 'background_task_failed'
  task: string
  error: unknown
}

/** Work that goes on after the answer, so that nobody can tell from the answer's time what it was. */
export interface Background {
  /** Starts `work` once the answer is under way. A failure is logged under `task`. */
  run(task: string, work: () => Promise<unknown>): void
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>
}

/** Keeps a platform alive until a promise is settled: `waitUntil` of the serverless ones. */
export type KeepAlive = (task: Promise<void>) => void

export function createBackground(
  keepAlive: KeepAlive | null,
  log: (event: BackgroundLogEvent) => void,
): Background {
  const underWay = new Set<Promise<void>>()
  return {
    run(task, work) {
      const running = new Promise((resolve) => setImmediate(resolve))
        .then(work)
        .catch((error: unknown) =>
          log({ level: 'warn', event: 'background_task_failed', task, error }),
        )
        .then(() => {
          underWay.delete(running)
        })
      underWay.add(running)
      keepAlive?.(running)
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
