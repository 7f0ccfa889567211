import { inspect } from 'node:util'
import type { TestCase, TestModule, TestSuite } from 'vitest/node'

/** The fate of one test, or of a suite or file that failed by itself. */
export interface TestOutcome {
  /** Suites and test, joined by ` > `; empty for the file itself. */
  name: string
  result: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  detail: string
}

/** Tests count; a suite or the file counts only when it failed by itself: while loading, or in a hook. */
export function outcomesOf(module: TestModule): TestOutcome[] {
  const failed = (name: string, errors: readonly unknown[]): TestOutcome[] =>
    errors.map((error) => ({ name, result: 'failed', detail: describeError(error) }))
  const outcomes = [
    ...[...module.children.allTests()].flatMap(outcomeOf),
    ...[...module.children.allSuites()].flatMap((suite) => failed(suite.fullName, suite.errors())),
    ...failed('', module.errors()),
  ]
  if (outcomes.length > 0) return outcomes
  return [{ name: '', result: 'failed', detail: 'the file has no tests' }]
}

function outcomeOf(test: TestCase): TestOutcome[] {
  const name = test.fullName
  const { state, errors } = test.result()
  if (test.options.mode === 'todo')
    return [{ name, result: 'failed', detail: 'todo tests are not allowed: write it or remove it' }]
  if (state === 'passed') return [{ name, result: 'passed', detail: '' }]
  if (state === 'failed')
    return [{ name, result: 'failed', detail: errors.map(describeError).join('\n') }]
  if (state === 'pending') return [{ name, result: 'failed', detail: 'the test has not ended' }]
  // What a failed hook kept from running is told by the failure of the suite.
  if (isBelowFailure(test.parent)) return []
  return [{ name, result: 'skipped', detail: '' }]
}

function isBelowFailure(parent: TestSuite | TestModule): boolean {
  return parent.errors().length > 0 || (parent.type === 'suite' && isBelowFailure(parent.parent))
}

/** An error of a test process, which arrives as plain data. */
export function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return inspect(error)
  const { name, message, stack, cause } = error as Record<string, unknown> // any object may be read so
  const title = `${String(name ?? 'Error')}: ${String(message)}`
  const text = typeof stack === 'string' && stack !== '' ? stack : title
  const whole = withoutRunner(text.includes(String(message)) ? text : `${title}\n${text}`)
  return cause === undefined ? whole : `${whole}\ncaused by ${describeError(cause)}`
}

const runnerFrame = /^ +at (?:.*node_modules\/(?:@?vitest|vite)\/.*|new Promise \(<anonymous>\))$/

/** Drops the frames below the test, which are the runner's. */
const withoutRunner = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => !runnerFrame.test(line))
    .join('\n')
