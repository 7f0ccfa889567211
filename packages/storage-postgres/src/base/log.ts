/** Something an administrator may want to know. Holds names and codes, never values. */
export interface StorageLogEvent {
  readonly level: 'info' | 'warn'
  readonly event:
    | 'retried'
    | 'connection_lost'
    | 'outcome_unknown'
    /** The server does not tell its timeline: an old primary that still runs cannot be recognized. */
    | 'timeline_unknown'
    | 'migration_applied'
    | 'embedded_for_development'
  readonly operation?: string
  readonly code?: string
  /** The SQLSTATE by which the server ended the attempt: 40P01 is a deadlock, 57014 one that was canceled because it took too long. */
  readonly sqlState?: string
}

/** Receives log events. What it throws is dropped: a log hook cannot break the storage. */
export type StorageLog = (event: StorageLogEvent) => void

/** The hook, made unable to throw; silent when there is none. */
export function quietLog(log: StorageLog | undefined): StorageLog {
  if (log === undefined) return () => undefined
  return (event) => {
    try {
      log(event)
    } catch {
      // A broken log hook is not a broken database.
    }
  }
}
