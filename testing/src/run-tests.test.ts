import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import type { Skip } from './skips.js'

const program = fileURLToPath(new URL('../fixtures/run-fixtures.mjs', import.meta.url))

interface Input {
  files: readonly string[]
  skips?: readonly Skip[]
  problems?: readonly string[]
  /** The longest that a file may take. */
  seconds?: number
  /** The files that run in a process of their own (default: none). */
  own?: readonly string[]
}

/** What the runner prints about files of fixtures/; its status must say the same as its last line. */
function runFixtures(input: Input): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, JSON.stringify(input)], {
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  assert.equal(status, /, 0 failed, /.test(lastLine(stdout)) ? 0 : 1)
  return stdout
}

const lastLine = (output: string) => output.trimEnd().split('\n').at(-1) ?? ''

test('tests count, suites do not, and nothing follows the last line', () => {
  const output = runFixtures({ files: ['passing.mjs'] })
  assert.match(output, /^ok {4}passing\.mjs {2}3 passed {2}\d\.\d\d s$/m)
  assert.equal(lastLine(output), 'tests: 3 passed, 0 failed, 0 skipped')
})

const failing = ['failing', 'crashing', 'hook-failing', 'leaving', 'no-tests', 'focusing']
const failingFiles = failing.map((name) => `${name}.mjs`)

for (const [where, own] of [
  ['in processes that they share', []],
  ['in processes of their own', failingFiles],
] as const)
  test(`each failure is told with its place, and counts add up over files that run side by side ${where}`, () => {
    const output = runFixtures({ files: ['passing.mjs', ...failingFiles], own })
    assert.equal(lastLine(output), 'tests: 7 passed, 10 failed, 0 skipped')
    assert.equal(output.match(/^FAIL {2}\S+ {2}\d passed, [1-9] failed /gm)?.length, failing.length)

    assert.match(output, /^FAIL {2}failing\.mjs {2}1 passed, 3 failed {2}\d\.\d\d s$/m)
    assert.match(
      output,
      /^FAIL {2}failing\.mjs: parent > child\n {4}AssertionError.*the child broke\n.*failing\.mjs:8/m,
    )
    assert.match(output, /^FAIL {2}failing\.mjs: suite > todo\n {4}todo tests are not allowed/m)
    assert.match(output, /^output of failing\.mjs:\n {4}said by the failing file$/m)

    assert.match(output, /^FAIL {2}crashing\.mjs {2}0 passed, 1 failed /m)
    assert.match(output, /crashing\.mjs: the file itself\n {4}Error: crashed while loading\n/)

    assert.match(output, /^FAIL {2}hook-failing\.mjs {2}1 passed, 2 failed /m)
    assert.match(output, /hook-failing\.mjs: suite\n {4}Error: the hook of the suite broke\n/)
    assert.match(
      output,
      /hook-failing\.mjs: the file itself\n {4}Error: the hook of the file broke\n/,
    )

    assert.match(output, /^FAIL {2}leaving\.mjs {2}2 passed, 1 failed /m)
    assert.match(output, /leaving\.mjs: leaves with status 0\n {4}Error: process\.exit .* "0"\n/)

    assert.match(output, /no-tests\.mjs: the file itself\n {4}Error: No test suite found/)
    assert.match(output, /focusing\.mjs: is the only one\n {4}Error: .*Unexpected \.only/)
  })

test('a file whose process is killed, and one that loops for too long, fail; the others run on', () => {
  const files = ['killed.mjs', 'looping.mjs', 'passing.mjs']
  const output = runFixtures({ files, seconds: 2, own: ['killed.mjs'] })
  assert.match(output, /^ok {4}passing\.mjs {2}3 passed /m)
  assert.match(output, /looping\.mjs takes over 2 seconds: its process is ended/)
  for (const name of ['killed', 'looping'])
    assert.match(
      output,
      new RegExp(`^FAIL {2}${name}\\.mjs: the file itself\\n {4}its process ended before`, 'm'),
    )
  assert.match(lastLine(output), /^tests: 3 passed, [2-9] failed, 0 skipped$/)
})

test('a file that changes its process fails when other files share it, and not in its own', () => {
  const files = ['changing.mjs', 'passing.mjs']
  const output = runFixtures({ files })
  const names = [
    'the listeners of process for warning',
    'Math.random',
    'process.env.CHANGED_BY_A_TEST',
  ]
  assert.match(
    output,
    new RegExp(`changing\\.mjs: the file itself\n.*: ${names.join(', ')}\\. Restore`),
  )
  assert.equal(lastLine(output), 'tests: 4 passed, 1 failed, 0 skipped')
  const apart = runFixtures({ files, own: files })
  assert.equal(lastLine(apart), 'tests: 4 passed, 0 failed, 0 skipped')
})

test('a rejection that nothing handles fails the run, though every test has passed', () => {
  const output = runFixtures({ files: ['rejecting.mjs'] })
  assert.match(output, /^FAIL {2}Error: nobody waited for this\n/m)
  assert.equal(lastLine(output), 'tests: 1 passed, 1 failed, 0 skipped')
})

test('a skip is a failure unless it is listed, and so is a listed one of a test that does not exist', () => {
  const listed = { test: 'listed', reason: 'known' }
  const output = runFixtures({
    files: ['skipping.mjs'],
    skips: [listed, { test: 'gone', reason: 'forgotten' }],
  })
  assert.equal(lastLine(output), 'tests: 1 passed, 3 failed, 1 skipped')
  const unlisted = 'skipped, but not listed in testing/skips.json'
  assert.match(output, new RegExp(`^FAIL {2}skipping\\.mjs: not listed\\n {4}${unlisted}$`, 'm'))
  assert.match(output, /^FAIL {2}skipping\.mjs: whole suite > inside$/m)
  assert.match(output, /^FAIL {2}testing\/skips\.json lists a test that does not exist: gone$/m)
})

test('no file is a failure', () => {
  assert.equal(lastLine(runFixtures({ files: [] })), 'tests: 0 passed, 1 failed, 0 skipped')
})

test('what is wrong with the run as a whole is a failure', () => {
  const output = runFixtures({ files: ['passing.mjs'], problems: ['no secret was seen'] })
  assert.match(output, /^FAIL {2}no secret was seen$/m)
  assert.equal(lastLine(output), 'tests: 3 passed, 1 failed, 0 skipped')
})
