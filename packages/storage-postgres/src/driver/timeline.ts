/** Where a server stands in the history of its data. */
export interface HistoryPosition {
  /** The cluster's own number, the same on a primary and its standbys, another one on a cluster that was made anew. */
  readonly system: string
  /** Grows by one with every promotion. */
  readonly timeline: number
}

/** What one pool has seen of the timelines of its servers. */
export interface TimelineMemory {
  /** The highest timeline that was seen of this cluster, or null where none was. */
  highest(system: string): number | null
  /** Remembers a primary that is in use. True if its timeline is higher than all that were seen of its cluster before. */
  remember(position: HistoryPosition): boolean
}

/** Starts without knowledge: the first primary is taken for the right one. */
export function createTimelineMemory(): TimelineMemory {
  const seen = new Map<string, number>()
  return {
    highest: (system) => seen.get(system) ?? null,
    remember({ system, timeline }) {
      const before = seen.get(system)
      if (before === undefined || timeline > before) seen.set(system, timeline)
      return before !== undefined && timeline > before
    },
  }
}

/** The timeline in the name of a WAL file: eight hexadecimal digits. */
export const timelineOf = (walFile: string): number => Number.parseInt(walFile.slice(0, 8), 16)
