import type { RepositoryProvider } from '../storage.js'

/** A storage under test. */
export interface ConformanceStorage extends RepositoryProvider {
  /** Moves every stored time back by that many seconds: tests move rows, never clocks. */
  elapse(seconds: number): Promise<void>
}

/** What an engine must have for a case to mean anything on it; without it the case is left out. */
export type ConformanceNeed =
  /** Several connections: a caller goes on while another one's transaction is open. */
  | 'concurrency'
  /** Stored times can be moved. */
  | 'elapse'
  /** It begins and ends transactions itself (inside a caller's transaction it cannot). */
  | 'transaction'
  /** It counts login attempts (inside a caller's transaction it does not). */
  | 'charging'

/**
 * One promise of the contract. Cases run one after another on one database that they share: each
 * makes its own people and never counts on an empty table.
 */
export interface ConformanceCase {
  /** The promise as a sentence, after the method that makes it; unique in the suite. */
  readonly name: string
  /** The repository that makes the promise, as {@link RepositoryProvider} names it. */
  readonly repository: string
  readonly needs: readonly ConformanceNeed[]
  /** Rejects with an AssertionError when the promise is broken. */
  run(storage: ConformanceStorage): Promise<void>
}

/** Cases of one repository, written as a list of promises. */
export interface CaseList {
  readonly cases: ConformanceCase[]
  promise(
    name: string,
    needs: readonly ConformanceNeed[],
    run: (storage: ConformanceStorage) => Promise<void>,
  ): void
}

/** An empty list of cases; `promise` adds one, named `repository.name`. */
export function casesOf(repository: string): CaseList {
  const cases: ConformanceCase[] = []
  return {
    cases,
    promise(name, needs, run) {
      cases.push({ name: `${repository}.${name}`, repository, needs, run })
    },
  }
}
