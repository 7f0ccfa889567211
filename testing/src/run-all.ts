import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { addTotals, countOutcomes, failureReport, fileLine, type Totals } from './report.js'
import { runTestFile } from './run-test-file.js'
import type { SkipJudge } from './skips.js'
import type { TestFile } from './test-files.js'

/** What `runAll` needs. */
export interface RunAllInput {
  root: string
  files: readonly TestFile[]
  skips: SkipJudge
  /** Whether `files` are all files: only then can an unmatched entry of the list of skips be told. */
  complete: boolean
  signal: AbortSignal
  /** Receives the text of the report, line by line. */
  print(text: string): void
}

/** Runs test files side by side, prints a line for each as it ends, and all failures at the end. Aborted, it just returns. */
export async function runAll(input: RunAllInput): Promise<Totals> {
  // Each run() listens to the process; there are as many as files.
  process.setMaxListeners(0)
  const queue = [...input.files]
  const reports: string[] = []
  let totals: Totals = { passed: 0, failed: 0, skipped: 0 }

  const work = async () => {
    for (
      let file = queue.shift();
      file !== undefined && !input.signal.aborted;
      file = queue.shift()
    ) {
      const raw = await runTestFile(join(input.root, file.compiled), input.signal)
      if (input.signal.aborted) return
      const result = { ...raw, outcomes: input.skips.judge(file.source, raw.outcomes) }
      input.print(fileLine(file.source, result))
      reports.push(failureReport(file.source, result))
      totals = addTotals(totals, countOutcomes(result.outcomes))
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  if (input.signal.aborted) return totals

  for (const report of reports.filter((text) => text !== '')) input.print(report)
  const problems = runProblems(input, totals)
  for (const problem of problems) input.print(`FAIL  ${problem}`)
  return addTotals(totals, { passed: 0, failed: problems.length, skipped: 0 })
}

/** What is wrong with the run as a whole. */
function runProblems({ complete, skips }: RunAllInput, { passed, failed }: Totals): string[] {
  const unmatched = complete ? skips.unmatched() : []
  return [
    ...(passed + failed === 0 ? ['no test was run'] : []),
    ...unmatched.map(({ test }) => `testing/skips.json lists a test that does not exist: ${test}`),
  ]
}
