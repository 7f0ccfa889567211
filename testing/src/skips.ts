import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { TestOutcome } from './outcomes.js'

/** One entry of `skips.json`. */
export interface Skip {
  /** The full name: suites and test, joined by ` > `. */
  test: string
  reason: string
  /** Where it applies (default everywhere): `engine:pglite`, `engine:postgres`, `major:12`, `major:12-13`. */
  when?: string
}

const condition = /^(?:engine:(?<engine>postgres|pglite)|major:(?<from>\d+)(?:-(?<to>\d+))?)$/

/** Reads the list of tests that may be skipped. Throws at an entry it does not understand. */
export async function readSkips(path: string): Promise<Skip[]> {
  const list: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (!Array.isArray(list)) throw new Error(`${path}: not a list`)
  return list.map((entry: unknown) => {
    if (!isSkip(entry))
      throw new Error(`${path}: needs test, reason and perhaps when: ${JSON.stringify(entry)}`)
    return entry
  })
}

function isSkip(entry: unknown): entry is Skip {
  if (typeof entry !== 'object' || entry === null) return false
  const { test, reason, when, ...rest } = entry as Record<string, unknown> // any object may be read so
  const whenFits = when === undefined || (typeof when === 'string' && condition.test(when))
  return (
    typeof test === 'string' &&
    typeof reason === 'string' &&
    reason !== '' &&
    whenFits &&
    Object.keys(rest).length === 0
  )
}

/** Decides which skips of a whole run are allowed. */
export interface SkipPolicy {
  /** Turns skips that are not listed into failures. */
  failUnlisted(file: string, outcomes: readonly TestOutcome[]): TestOutcome[]
  /** Entries that apply to this run and named none of its tests. */
  unmatched(): Skip[]
}

/** `major` is the server's. A file runs on PGlite when its name says `pglite`, else on PostgreSQL. */
export function createSkipPolicy(skips: readonly Skip[], major: number): SkipPolicy {
  const matched = new Set<Skip>()
  return {
    failUnlisted(file, outcomes) {
      const engine = basename(file).includes('pglite') ? 'pglite' : 'postgres'
      return outcomes.map((outcome) => {
        const found = skips.filter(
          (skip) => skip.test === outcome.name && applies(skip, engine, major),
        )
        for (const skip of found) matched.add(skip)
        if (outcome.result !== 'skipped' || found.length > 0) return outcome
        return {
          ...outcome,
          result: 'failed',
          detail: 'skipped, but not listed in testing/skips.json',
        }
      })
    },
    unmatched: () => skips.filter((skip) => !matched.has(skip) && couldApply(skip, major)),
  }
}

function applies(skip: Skip, engine: string, major: number): boolean {
  const wanted = condition.exec(skip.when ?? '')?.groups?.engine
  return (wanted === undefined || wanted === engine) && couldApply(skip, major)
}

function couldApply(skip: Skip, major: number): boolean {
  const { from, to } = condition.exec(skip.when ?? '')?.groups ?? {}
  return from === undefined || (major >= Number(from) && major <= Number(to ?? from))
}
