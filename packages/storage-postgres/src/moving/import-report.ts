import type { Reason } from './checked-record.js'

/** How many accounts something happened to, and where the first of them stand in the file. */
export interface ReasonCount<Name extends string = Reason> {
  readonly reason: Name
  readonly count: number
  /** `line 12 (id 42)`. */
  readonly examples: readonly string[]
}

/** What an import has done. */
export interface ImportReport {
  /** Accounts that are new here. */
  readonly imported: number
  /** Accounts of the file that an earlier run has imported. They are left as they are. */
  readonly merged: number
  /** Accounts that an earlier run has imported and this one has changed; absent without any. */
  readonly updated?: number
  /** Sessions that go on here; absent without any. */
  readonly sessions?: number
  /** Accounts that were not imported, by reason. */
  readonly skipped: readonly ReasonCount[]
  /** What imported accounts have lost, by reason. */
  readonly leftOut: readonly ReasonCount[]
}

type Place = { readonly line: number; readonly sourceId?: string }

const maxExamples = 3

/** Counts what happens to accounts. */
export interface ReportCounter {
  imported(): void
  merged(): void
  updated(count: number): void
  sessions(count: number): void
  skip(reason: Reason, place: Place): void
  leaveOut(reason: Reason, place: Place): void
  read(): ImportReport
}

export function createReport(): ReportCounter {
  let [imported, merged, updated, sessions] = [0, 0, 0, 0]
  const skipped = createReasons()
  const leftOut = createReasons()
  return {
    imported() {
      imported += 1
    },
    merged() {
      merged += 1
    },
    updated(count) {
      updated += count
    },
    sessions(count) {
      sessions += count
    },
    skip: skipped.add,
    leaveOut: leftOut.add,
    read: () => ({
      imported,
      merged,
      ...(updated === 0 ? {} : { updated }),
      ...(sessions === 0 ? {} : { sessions }),
      skipped: skipped.list(),
      leftOut: leftOut.list(),
    }),
  }
}

export function createReasons<Name extends string = Reason>() {
  const found = new Map<Name, { count: number; readonly examples: string[] }>()
  return {
    add(reason: Name, place: Place): void {
      const entry = found.get(reason) ?? { count: 0, examples: [] }
      found.set(reason, entry)
      entry.count += 1
      if (entry.count <= maxExamples) entry.examples.push(describe(place))
    },
    list: (): ReasonCount<Name>[] =>
      [...found]
        .map(([reason, entry]) => ({ reason, ...entry }))
        .sort((one, other) => (one.reason < other.reason ? -1 : 1)),
  }
}

const describe = ({ line, sourceId }: Place): string =>
  sourceId === undefined ? `line ${line}` : `line ${line} (id ${sourceId})`
