import type { TestOutcome } from './outcomes.js'

/** What one test file did. */
export interface FileResult {
  seconds: number
  outcomes: TestOutcome[]
  /** What the file wrote to the console. */
  output: string
}

/** The numbers of the last line. */
export interface Totals {
  passed: number
  failed: number
  skipped: number
}

/** Counts outcomes. */
export function countOutcomes(outcomes: readonly TestOutcome[]): Totals {
  const count = (result: TestOutcome['result']) =>
    outcomes.filter((outcome) => outcome.result === result).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
}

/** Adds two counts. */
export function addTotals(a: Totals, b: Totals): Totals {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  }
}

/** The last line of every run. Scripts read it: keep its form. */
export function totalsLine({ passed, failed, skipped }: Totals): string {
  return `tests: ${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** The numbers of a line that `totalsLine` wrote, or null. */
export function parseTotalsLine(line: string): Totals | null {
  const found = /^tests: (\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line)
  return found && { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3]) }
}

/** One line for a file: `ok    packages/core/src/email.test.ts  12 passed  0.31 s`. */
export function fileLine(source: string, result: FileResult): string {
  const { passed, failed, skipped } = countOutcomes(result.outcomes)
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ')
  return `${failed > 0 ? 'FAIL' : 'ok  '}  ${source}  ${counts}  ${result.seconds.toFixed(2)} s`
}

/** Everything known about the failures of a file; empty when there are none. */
export function failureReport(source: string, result: FileResult): string {
  const failures = result.outcomes.filter((outcome) => outcome.result === 'failed')
  if (failures.length === 0) return ''
  const blocks = failures.map(
    ({ name, detail }) =>
      `\nFAIL  ${source}: ${name === '' ? 'the file itself' : name}\n${indent(detail)}`,
  )
  const output =
    result.output.trim() === '' ? '' : `\noutput of ${source}:\n${indent(result.output.trimEnd())}`
  return `${blocks.join('\n')}${output}\n`
}

/** What is wrong with the run as a whole. */
export const problemReport = (problem: string): string =>
  `FAIL  ${indent(problem).replace(/^ +/, '')}`

/** What was written by no test that is known. */
export const otherOutput = (text: string): string => `\nother output:\n${indent(text)}\n`

const indent = (text: string) => text.replaceAll(/^/gm, '    ')

/** Takes the password of a server's URL, when there is a server, out of a text. */
export function withoutPassword(text: string, serverUrl: string | undefined): string {
  if (serverUrl === undefined) return text
  const { password } = new URL(serverUrl)
  if (password === '') return text
  // A short one may be an ordinary word, so it is taken out only where it stands in a URL.
  const inUrl = text.replaceAll(`:${password}@`, ':[redacted]@')
  return password.length < 16 ? inUrl : inUrl.replaceAll(password, '[redacted]')
}
