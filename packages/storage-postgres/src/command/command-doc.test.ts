import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { startServer } from 'torii-testing'
import { expect, test } from 'vitest'
import { commands } from './commands.js'
import { runHere } from './terminal.test.support.js'
import { program } from './usage.js'

const read = (page: string) =>
  readFileSync(new URL(`../../../../docs/${page}.md`, import.meta.url), 'utf8')
const prompt = `$ npx ${program} `

/** The pages with blocks of a terminal. The first begins with an empty database, the others with a migrated one. */
const pages = ['command', 'backup', 'keys', 'upgrading']

/** The blocks of a terminal: each call, and what it prints. */
const callsOf = (page: string) =>
  [...read(page).matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block.split(/^(?=\$ )/m).map((part) => {
      const [first = '', ...output] = part.split('\n')
      assert.ok(first.startsWith(prompt), first)
      return { line: first.slice(prompt.length), output: output.join('\n') }
    }),
  )

const wordsOf = (line: string) =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

/** Ids and times differ from run to run. */
const normalized = (text: string) =>
  text
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '019ad3c5-7b1e-7c3d-9a55-3f2e8d41b6a7')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '2026-11-30T09:00:00.000Z')

test.each(pages)(
  'every call of docs/%s.md prints what the document says, in its order on one database',
  async (page) => {
    const calls = callsOf(page)
    assert.ok(calls.length > 0)
    const settings = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
    const server = await startServer({ settings })
    try {
      const keys = ['k2', 'k1'].map((id) => `${id}:${randomBytes(32).toString('base64url')}`)
      const env = { DATABASE_URL: server.url, TORII_KEYS: keys.join(',') }
      if (page !== 'command') await runHere(['migrate'], env)
      for (const { line, output } of calls) {
        const { stdout, stderr } = await runHere(wordsOf(line), env)
        expect(normalized(`${stdout}${stderr}`), line).toBe(output)
      }
    } finally {
      await server.stop()
    }
  },
)

test('docs/command.md shows or names every command', () => {
  for (const { name } of commands) assert.match(read('command'), new RegExp(`\\b${name}\\b`), name)
})
