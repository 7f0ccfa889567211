import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'vitest'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../fixtures/run-fixtures.mjs', import.meta.url))

/** Runs fixture files through the runner, in a process that does not know it runs within a test. */
function runFixtures(files: string[], skips: object[] = []): string {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [program, JSON.stringify(skips), ...files],
    { env, encoding: 'utf8' },
  )
  assert.equal(stderr, '')
  return stdout.trimEnd()
}

const lastLine = (output: string) => output.split('\n').at(-1)
const listed = { test: 'listed', reason: 'known' }

test('leaf tests count, parents and suites do not', () => {
  const output = runFixtures(['passing.mjs'])
  assert.match(output, /^ok {4}passing\.mjs {2}3 passed {2}\d\.\d\d s$/m)
  assert.equal(lastLine(output), 'tests: 3 passed, 0 failed, 0 skipped')
})

test('failures are shown in full, and a todo is one', () => {
  const output = runFixtures(['failing.mjs'])
  assert.equal(lastLine(output), 'tests: 1 passed, 3 failed, 0 skipped')
  assert.match(
    output,
    /^FAIL {2}failing\.mjs: parent > child\n {4}AssertionError.*the child broke\n.*failing\.mjs:8/m,
  )
  assert.match(output, /^FAIL {2}failing\.mjs: suite > todo$/m)
  assert.match(output, /^output of failing\.mjs:\n {4}said by the failing file$/m)
})

test('a file that crashes while loading is one failure', () => {
  const output = runFixtures(['crashing.mjs'])
  assert.equal(lastLine(output), 'tests: 0 passed, 1 failed, 0 skipped')
  assert.match(output, /the process ended with status 1.*Error: crashed while loading/s)
})

test('a file that leaves before its last test, with status 0, fails', () => {
  const output = runFixtures(['leaving.mjs'])
  assert.equal(lastLine(output), 'tests: 1 passed, 1 failed, 0 skipped')
  assert.match(output, /the process ended before these tests: leaves with status 0, never starts/)
})

test('a broken hook of the file fails', () => {
  const output = runFixtures(['hook-failing.mjs'])
  assert.equal(lastLine(output), 'tests: 1 passed, 1 failed, 0 skipped')
  assert.match(output, /the hook broke/)
})

test('a skip is a failure unless it is listed', () => {
  const output = runFixtures(['skipping.mjs'], [listed])
  assert.equal(lastLine(output), 'tests: 1 passed, 2 failed, 1 skipped')
  assert.match(output, /not listed\n {4}skipped \(lazy\), but not listed in testing\/skips\.json/)
  assert.match(output, /FAIL {2}skipping\.mjs: whole suite/)
})

test('a listed skip whose condition does not hold is a failure', () => {
  const output = runFixtures(['skipping.mjs'], [{ ...listed, when: 'major:12-13' }])
  assert.equal(lastLine(output), 'tests: 1 passed, 3 failed, 0 skipped')
})

test('a listed skip of a test that does not exist is a failure', () => {
  const output = runFixtures(['passing.mjs'], [listed, { ...listed, when: 'major:12-13' }])
  assert.equal(lastLine(output), 'tests: 3 passed, 1 failed, 0 skipped')
})

test('no file, and a file without tests, are failures', () => {
  assert.equal(lastLine(runFixtures([])), 'tests: 0 passed, 1 failed, 0 skipped')
  assert.equal(lastLine(runFixtures(['no-tests.mjs'])), 'tests: 0 passed, 1 failed, 0 skipped')
})

test('counts add up over files that run side by side', () => {
  const output = runFixtures(['passing.mjs', 'failing.mjs', 'crashing.mjs', 'passing.mjs'])
  assert.equal(lastLine(output), 'tests: 7 passed, 4 failed, 0 skipped')
})
