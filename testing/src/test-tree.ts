import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

/** The fate of one leaf test, or of a suite or file that failed by itself. */
export interface TestOutcome {
  /** Suites and test, joined by ` > `; the file's name for the file itself. */
  name: string
  result: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  detail: string
}

/** Collects the events of one test file into outcomes. `end` is called once, when the stream has ended. */
export interface TestTree {
  add(event: TestEvent): void
  end(): TestOutcome[]
}

type Finished = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>

/**
 * Counts as node:test reports on Node 20 to 24: the events of a parent follow those of its children. Leaf tests
 * count; a suite or a parent counts only when it failed by itself (a hook, its own body), or is skipped as a whole.
 */
export function createTestTree(file: string): TestTree {
  const outcomes: TestOutcome[] = []
  const path: string[] = []
  const children: number[] = []
  const unfinished = createUnfinished()
  let fileFailure: string | null = null

  const finish = (event: Finished) => {
    const { data } = event
    if (data.nesting === 0 && data.name === file) {
      if (event.type === 'test:fail') fileFailure ??= describeFileError(event.data.details.error)
      return
    }
    unfinished.remove(data)
    const name = [...path.slice(0, data.nesting), data.name].join(' > ')
    const isLeaf = (children[data.nesting + 1] ?? 0) === 0
    children[data.nesting + 1] = 0
    children[data.nesting] = (children[data.nesting] ?? 0) + 1
    const outcome = judge(name, event, isLeaf)
    if (outcome) outcomes.push(outcome)
  }

  return {
    add(event) {
      if (event.type === 'test:enqueue' && event.data.name !== file) unfinished.add(event.data)
      if (event.type === 'test:start') path[event.data.nesting] = event.data.name
      if (event.type === 'test:pass' || event.type === 'test:fail') finish(event)
    },
    end() {
      const problem =
        fileFailure ??
        unfinished.problem() ??
        (outcomes.length === 0 ? 'the file has no tests' : null)
      return problem === null
        ? outcomes
        : [...outcomes, { name: file, result: 'failed', detail: problem }]
    },
  }
}

function judge(name: string, event: Finished, isLeaf: boolean): TestOutcome | null {
  const { data } = event
  if (data.todo !== undefined && data.todo !== false)
    return { name, result: 'failed', detail: 'todo tests are not allowed: write it or remove it' }
  if (data.skip !== undefined && data.skip !== false)
    return { name, result: 'skipped', detail: String(data.skip) }
  if (event.type === 'test:fail') {
    const { error } = event.data.details
    return isOnlyChildren(error) && !isLeaf
      ? null
      : { name, result: 'failed', detail: describeError(error) }
  }
  return isLeaf && data.details.type !== 'suite' ? { name, result: 'passed', detail: '' } : null
}

/** A parent that failed for no other reason than its children. */
function isOnlyChildren(error: Error): boolean {
  return 'failureType' in error && error.failureType === 'subtestsFailed'
}

function describeFileError(error: Error): string | null {
  if (isOnlyChildren(error)) return null
  if (!('exitCode' in error) || error.exitCode === undefined) return describeError(error)
  const end =
    'signal' in error && error.signal ? `signal ${error.signal}` : `status ${error.exitCode}`
  return `the process ended with ${end}; its output is below`
}

/** The cause is what the test threw; node:test wraps it. */
function describeError(error: Error): string {
  const cause = error.cause ?? error
  return typeof cause === 'string' ? cause : inspect(cause, { depth: 6 })
}

interface Place {
  name: string
  nesting: number
  line?: number
  column?: number
}

/** Tests that were announced and never ended: the process left with status 0 before them. */
function createUnfinished() {
  const open = new Map<string, { name: string; count: number }>()
  const change = (place: Place, by: number) => {
    const key = [place.nesting, place.line, place.column, place.name].join(':')
    open.set(key, { name: place.name, count: (open.get(key)?.count ?? 0) + by })
  }
  return {
    add: (place: Place) => change(place, 1),
    remove: (place: Place) => change(place, -1),
    problem(): string | null {
      const names = [...open.values()].filter(({ count }) => count > 0).map(({ name }) => name)
      return names.length === 0 ? null : `the process ended before these tests: ${names.join(', ')}`
    },
  }
}
