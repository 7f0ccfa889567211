/** The exit status of the command. Scripts depend on it. */
export const exitCodes = { done: 0, failed: 1, usage: 2, pendingOrDrifted: 3 } as const

/** The call is wrong: an unknown word, a missing value, a package that is not installed. Nothing was done. Exit status 2. */
export class UsageError extends Error {}

/** The call is right, and its answer is no: exit status 1. `reason` is the `error` of the JSON. */
export class Refusal extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message)
  }
}
