import { Writable } from 'node:stream'
import type { UserConsoleLog } from 'vitest'
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node'
import { describeError, outcomesOf } from './outcomes.js'
import {
  addTotals,
  countOutcomes,
  type FileResult,
  failureReport,
  fileLine,
  otherOutput,
  problemReport,
  type Totals,
  totalsLine,
} from './report.js'
import type { SkipPolicy } from './skips.js'
import type { TestFile } from './test-files.js'

/** What the reporter of a run needs. */
export interface RunReporterInput {
  /** The files of the run; `compiled` is the absolute path that Vitest runs. */
  files: readonly TestFile[]
  /** Asked for when the server runs, because the skips depend on its major. */
  openSkips(): SkipPolicy
  /** Whether `files` are all files: only then can an unmatched entry of the list of skips be told. */
  complete: boolean
  /** What else is wrong at the end of a run, one text a failure. */
  findProblems(): Promise<readonly string[]>
  /** Receives the text of the report, line by line. */
  print(text: string): void
}

/**
 * Prints a line for each file as it ends, then all failures, then the closing line. A skip that is not listed is a
 * failure, and so is a file that never ended.
 */
export class RunReporter implements Reporter {
  /** The numbers of the closing line, null while there is none: the run was interrupted. */
  totals: Totals | null = null
  /** Takes what Vitest and the test processes write past the console; shown when the run fails. */
  readonly other: Writable
  readonly #input: RunReporterInput
  readonly #written: string[] = []
  readonly #results = new Map<string, FileResult>()
  readonly #started = new Map<string, number>()
  readonly #output = new Map<string, string[]>()
  #skips: SkipPolicy | undefined

  constructor(input: RunReporterInput) {
    this.#input = input
    this.other = new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _, done) => {
        this.#written.push(chunk.toString())
        done()
      },
    })
  }

  onTestModuleQueued({ moduleId }: TestModule): void {
    this.#started.set(moduleId, performance.now())
  }

  onUserConsoleLog({ content, taskId }: UserConsoleLog): void {
    // The id of a test starts with the id of its file.
    const file = taskId?.split('_')[0] ?? ''
    this.#output.set(file, [...(this.#output.get(file) ?? []), content])
  }

  onTestModuleEnd(module: TestModule): void {
    const source = this.#sourceOf(module.moduleId)
    this.#record(source, {
      outcomes: this.#outcomesOf(source, module),
      seconds: (performance.now() - (this.#started.get(module.moduleId) ?? Number.NaN)) / 1000,
      output: (this.#output.get(module.id) ?? []).join(''),
    })
  }

  async onTestRunEnd(
    _modules: readonly TestModule[],
    errors: readonly unknown[],
    reason: TestRunEndReason,
  ): Promise<void> {
    if (reason === 'interrupted') return
    for (const { source, compiled } of this.#input.files)
      if (!this.#results.has(source)) this.#recordUnfinished(source, compiled)
    for (const [source, result] of this.#results) {
      const report = failureReport(source, result)
      if (report !== '') this.#input.print(report)
    }
    const problems = [...errors.map(describeError), ...(await this.#problems())]
    for (const problem of problems) this.#input.print(problemReport(problem))
    const outcomes = [...this.#results.values()].flatMap((result) => result.outcomes)
    const ofRun = { passed: 0, failed: problems.length, skipped: 0 }
    this.totals = addTotals(countOutcomes(outcomes), ofRun)
    const written = this.#written.join('').trimEnd()
    if (this.totals.failed > 0 && written !== '') this.#input.print(otherOutput(written))
    this.#input.print(totalsLine(this.totals))
  }

  #sourceOf(path: string): string {
    return this.#input.files.find(({ compiled }) => compiled === path)?.source ?? path
  }

  #outcomesOf(source: string, module: TestModule) {
    this.#skips ??= this.#input.openSkips()
    return this.#skips.failUnlisted(source, outcomesOf(module))
  }

  #record(source: string, result: FileResult): void {
    this.#results.set(source, result)
    this.#input.print(fileLine(source, result))
  }

  #recordUnfinished(source: string, compiled: string): void {
    const started = this.#started.get(compiled)
    this.#record(source, {
      outcomes: [{ name: '', result: 'failed', detail: 'its process ended before its tests' }],
      seconds: started === undefined ? 0 : (performance.now() - started) / 1000,
      output: '',
    })
  }

  async #problems(): Promise<string[]> {
    const counted = [...this.#results.values()].some(({ outcomes }) =>
      outcomes.some(({ result }) => result !== 'skipped'),
    )
    const unmatched = this.#input.complete ? (this.#skips?.unmatched() ?? []) : []
    return [
      ...(counted ? [] : ['no test was run']),
      ...unmatched.map(
        ({ test }) => `testing/skips.json lists a test that does not exist: ${test}`,
      ),
      ...(await this.#input.findProblems()),
    ]
  }
}
