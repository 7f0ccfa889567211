import assert from 'node:assert/strict'
import { test } from 'vitest'
import type { Terminal } from './terminal.js'
import { guardTerminal } from './terminal.js'

function watched() {
  const shown: string[] = []
  const add = (text: string) => void shown.push(text)
  const ended = new AbortController()
  let listens = false
  const terminal: Terminal = {
    env: {},
    print: add,
    warn: add,
    rewrite: add,
    ask: async (question) => {
      add(question)
      return 'yes'
    },
    get signal() {
      listens = true
      return ended.signal
    },
  }
  const guarded = guardTerminal(terminal, (text) => text.replace('s3cret', '***'))
  return { shown, guarded, ended, isListening: () => listens }
}

test('no text acts on a guarded terminal, and messages are masked', async () => {
  const { shown, guarded } = watched()
  const text = 'a\u001b[2J\rs3cret\nb'
  guarded.print(text)
  guarded.warn(text)
  guarded.rewrite?.(text)
  assert.equal(await guarded.ask?.(text), 'yes')
  const lines = 'a\ufffd[2J\ufffds3cret\nb'
  assert.deepEqual(shown, [
    lines,
    lines.replace('s3cret', '***'),
    lines.replace('s3cret', '***').replace('\n', '\ufffd'),
    lines.replace('\n', '\ufffd'),
  ])
})

test('a guarded terminal listens to the signals of the process only when a command asks', () => {
  const { guarded, ended, isListening } = watched()
  assert.equal(isListening(), false)
  assert.equal(guarded.signal, ended.signal)
  assert.equal(isListening(), true)
})
