import { run } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { createTestTree, type TestOutcome } from './test-tree.js'

// A file that hangs must not hang the run.
const fileTimeoutSeconds = 300

/** What one test file did. */
export interface FileResult {
  file: string
  seconds: number
  outcomes: TestOutcome[]
  /** What the file wrote to stdout and stderr. */
  output: string
}

/**
 * Runs one compiled test file in a process of its own. One `run()` for each file, because events do not always name
 * the file they come from: a test defined in an imported module bears that module's path.
 */
export async function runTestFile(path: string, signal: AbortSignal): Promise<FileResult> {
  const started = performance.now()
  const tree = createTestTree(path)
  const output: string[] = []
  const events: AsyncIterable<TestEvent> = run({
    files: [path],
    signal,
    timeout: fileTimeoutSeconds * 1000,
  })
  for await (const event of events) {
    tree.add(event)
    if (event.type === 'test:stdout' || event.type === 'test:stderr')
      output.push(event.data.message)
  }
  const seconds = (performance.now() - started) / 1000
  return { file: path, seconds, outcomes: tree.end(), output: output.join('') }
}
