/** Something that the doctor found. */
export interface Finding {
  /** Stable, for scripts. */
  readonly id: string
  /** `error`: Torii does not work, or loses data. `warning`: it works, and something should be changed. */
  readonly level: 'error' | 'warning'
  /** What is wrong. Holds no secret. */
  readonly message: string
  /** What to do. */
  readonly fix: string
}

export const errorFinding = (id: string, message: string, fix: string): Finding => ({
  id,
  level: 'error',
  message,
  fix,
})

export const warning = (id: string, message: string, fix: string): Finding => ({
  id,
  level: 'warning',
  message,
  fix,
})
