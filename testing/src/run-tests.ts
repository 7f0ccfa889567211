import { join } from 'node:path'
import { type CliOptions, createVitest, type InlineConfig, type Vitest } from 'vitest/node'
import { endForks } from './forks.js'
import { problemReport, type Totals, totalsLine } from './report.js'
import { RunReporter, type RunReporterInput } from './run-reporter.js'
import { compiledTestOptions } from './vitest-options.js'

/** What `runTests` needs. */
export interface RunTestsInput extends RunReporterInput {
  root: string
  /** Whether a compiled file, given by absolute path, runs in a process of its own. */
  needsOwnProcess(path: string): boolean
  /** What a test of the runner itself changes in the options of all runs. */
  changes?: InlineConfig
  signal: AbortSignal
}

/** Runs compiled test files under Vitest and prints the report. Resolves to its numbers, null when aborted. */
export async function runTests({
  root,
  changes,
  signal,
  needsOwnProcess,
  ...input
}: RunTestsInput): Promise<Totals | null> {
  const files = input.files.map((file) => ({ ...file, compiled: join(root, file.compiled) }))
  if (files.length === 0) return failWithoutFiles(input.print)
  const print = (text: string) => (signal.aborted ? undefined : input.print(text))
  const reporter = new RunReporter({ ...input, files, print })
  const paths = files.map(({ compiled }) => compiled)
  const config: CliOptions = {
    ...compiledTestOptions(paths, needsOwnProcess),
    ...changes,
    root,
    config: false,
    watch: false,
    allowOnly: false,
    reporters: [reporter],
  }
  const vitest = await keepSignals(() =>
    createVitest('test', config, {}, { stdout: reporter.other, stderr: reporter.other }),
  )
  const stopCancelling = cancelOnAbort(vitest, signal)
  try {
    if (!signal.aborted) await vitest.start()
  } finally {
    await vitest.close()
    stopCancelling()
  }
  return signal.aborted ? null : reporter.totals
}

const cancelSeconds = 3

/** Cancels the run when told to; a test process that does not end by itself is ended. */
function cancelOnAbort(vitest: Vitest, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined
  const cancel = () => {
    void vitest.cancelCurrentRun('keyboard-input')
    const forks = process.env.TORII_TEST_FORKS
    if (forks !== undefined) timer = setTimeout(() => endForks(forks), cancelSeconds * 1000)
  }
  signal.addEventListener('abort', cancel)
  return () => {
    signal.removeEventListener('abort', cancel)
    clearTimeout(timer)
  }
}

/** Leaves signals to the caller: Vitest would end this process at once, with the server and its databases open. */
async function keepSignals<Result>(create: () => Promise<Result>): Promise<Result> {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const ours = signals.map((name) => process.listeners(name))
  const result = await create()
  for (const [at, name] of signals.entries())
    for (const listener of process.listeners(name))
      if (!ours[at]?.includes(listener)) process.off(name, listener)
  return result
}

function failWithoutFiles(print: (text: string) => void): Totals {
  const totals = { passed: 0, failed: 1, skipped: 0 }
  print(problemReport('no test was run'))
  print(totalsLine(totals))
  return totals
}
