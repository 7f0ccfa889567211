import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { ToriiError } from 'torii-core'
import { afterEach, test, vi } from 'vitest'
import type { LogEvent } from './log.js'
import { resolveOptions } from './options.js'
import { lineOf } from './stderr-log.js'

const baseUrl = 'https://app.example'
const failure = (error: unknown): LogEvent => ({
  level: 'error',
  event: 'request_failed',
  route: 'POST password/register',
  status: 500,
  error,
})
const outdated = new ToriiError(
  'ERR_SCHEMA_OUTDATED',
  'the Torii tables are missing: run "npx torii-storage-postgres migrate"',
  { cause: Object.assign(new Error('relation "torii.users"'), { code: '42P01' }) },
)

/** What is written to stderr during `work`. */
function written(work: () => void): readonly string[] {
  const lines: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  work()
  return lines
}
afterEach(() => vi.restoreAllMocks())

test('without the option log an error is one line on stderr, which says what to do', () => {
  const lines = written(() => resolveOptions({ baseUrl }).log(failure(outdated)))
  assert.deepEqual(lines, [
    'torii error: request_failed: POST password/register answered 500: ERR_SCHEMA_OUTDATED: the Torii tables are missing: run "npx torii-storage-postgres migrate" (42P01)\n',
  ])
})

test('log: null writes nothing, and a log of the application replaces stderr', () => {
  const seen: LogEvent[] = []
  const lines = written(() => {
    resolveOptions({ baseUrl, log: null }).log(failure(outdated))
    resolveOptions({ baseUrl, log: (event) => seen.push(event) }).log(failure(outdated))
  })
  assert.deepEqual([lines, seen], [[], [failure(outdated)]])
})

test('refusals for load are no errors: busy is not written to stderr', () => {
  const { log } = resolveOptions({ baseUrl })
  assert.deepEqual(
    written(() => log({ level: 'warn', event: 'busy', count: 3 })),
    [],
  )
})

test('the line of a foreign error has its name, code and place, and neither its message nor a line break', () => {
  const secret = 'torii_s_secret ada@example.com\n    at secret (file:1:1)'
  const error = Object.assign(new TypeError(secret), { code: 'ERR_INVALID_URL', detail: secret })
  const line = lineOf(failure(error))
  assert.match(
    line,
    /answered 500: TypeError \(ERR_INVALID_URL\) at .+stderr-log\.test\.\w+:\d+:\d+/,
  )
  assert.doesNotMatch(line, /torii_s_secret|ada@example|\n/)
  for (const thrown of [secret, null, { message: secret }, [secret]])
    assert.doesNotMatch(lineOf(failure(thrown)), /torii_s_secret|ada@example|\n/)
})

test('the line of an error of PostgreSQL has its SQLSTATE, and the place is a call of the application if there is one', () => {
  const error = Object.assign(new Error('relation "app.rolls" does not exist'), { code: '42P01' })
  error.stack = `${error}
    at parse (file:///app/node_modules/pg-protocol/dist/parser.js:1:2)
    at onUserCreated (file:///app/auth.js:23:8)`
  assert.match(
    lineOf(failure(error)),
    /answered 500: Error \(42P01\) at onUserCreated \(file:\/\/\/app\/auth\.js:23:8\)\. The option log/,
  )
})

test('a header cannot write a second line, nor color the terminal', () => {
  const origin = 'https://evil.example\r\ntorii error: forged\u2028\u0085\u001b[31m'
  const expected = ['https://app.example']
  const line = lineOf({ level: 'warn', event: 'origin_refused', origin, expected, count: 1 })
  assert.match(line, /^torii warn: origin_refused: .+forged.+https:\/\/app\.example/)
  assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}]/u)
})

test('a mail error is written without the text of the mail server', () => {
  const fault = { name: 'Error', code: 'EENVELOPE', status: 550, stack: ['at send (smtp.ts:1:1)'] }
  const line = lineOf({
    level: 'error',
    event: 'mail_failed',
    kind: 'magic_link',
    id: '1',
    attempts: 1,
    fault,
  })
  assert.match(
    line,
    /^torii error: mail_failed: .+magic_link was not sent after Error EENVELOPE 550\./,
  )
})

test('a line names no page that is not installed with the package: README.md explains the event', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  const source = await readFile(
    new URL('../../../src/services/options/stderr-log.ts', import.meta.url),
    'utf8',
  )
  assert.doesNotMatch(source, /docs\//)
  assert.match(readme, /^## The log$/m)
  const explained = source
    .split(/^ {4}case /m)
    .filter((text) => text.includes('${readme}'))
    .map((text) => /^'(\w+)'/.exec(text)?.[1] ?? assert.fail(text))
  assert.ok(explained.length >= 8)
  for (const event of explained) assert.ok(readme.includes(`\n| \`${event}\` |`), event)
})
