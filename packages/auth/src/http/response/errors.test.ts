import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { InvalidInputError, ToriiError } from 'torii-core'
import { test } from 'vitest'
import { errorStatus, refusalOf, refuse } from './errors.js'

test('an answer has its code, a sentence, and what belongs to it', async () => {
  const response = refuse({ error: 'too_many_attempts', retryAfterSeconds: 30 })
  assert.equal(response.status, 429)
  assert.equal(response.headers.get('retry-after'), '30')
  const message = 'Too many attempts. Try again in 30 seconds.'
  assert.deepEqual(await response.json(), { error: 'too_many_attempts', message })
})

test('a field of the route is named; the same error about anything else is ours', () => {
  const error = new InvalidInputError('name', 'must not be blank')
  const message = 'name must not be blank.'
  assert.deepEqual(refusalOf(error, ['email', 'name']), {
    error: 'invalid_input',
    field: 'name',
    message,
  })
  assert.deepEqual(refusalOf(error, ['email']), { error: 'internal' })
})

test('a database that is away and a queue that is full may be tried again; the rest is internal', () => {
  const codes = [
    ['ERR_UNAVAILABLE', 'unavailable'],
    ['ERR_STATEMENT_ENDED', 'unavailable'],
    ['ERR_OUTCOME_UNKNOWN', 'unavailable'],
    ['ERR_CLOSED', 'unavailable'],
    ['ERR_BUSY', 'busy'],
    ['ERR_CONTENTION', 'busy'],
    ['ERR_SCHEMA_OUTDATED', 'internal'],
    ['ERR_PERMISSION', 'internal'],
    ['ERR_STORAGE', 'internal'],
  ] as const
  for (const [code, error] of codes)
    assert.deepEqual(refusalOf(new ToriiError(code, 'detail'), []), { error })
  for (const thrown of [new Error('detail'), 'text', null, undefined])
    assert.deepEqual(refusalOf(thrown, []), { error: 'internal' })
})

test('docs/errors.md lists every code with its status, and no other', async () => {
  const page = await readFile(new URL('../../../../../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \|/gm)]
  const listed = Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))
  assert.deepEqual(listed, { ...errorStatus })
})
