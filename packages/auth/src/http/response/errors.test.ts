import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { InvalidInputError, invalidValue, ToriiError } from 'torii-core'
import { test } from 'vitest'
import { errorResponse, errorStatus, thrownError } from './errors.js'

test('an error response has its code, its message, and the headers of the code', async () => {
  const response = errorResponse({ error: 'too_many_attempts', retryAfterSeconds: 30 })
  assert.equal(response.status, 429)
  assert.equal(response.headers.get('retry-after'), '30')
  const message = 'Too many attempts. Try again in 30 seconds.'
  assert.deepEqual(await response.json(), { error: 'too_many_attempts', message })
})

test('thrownError() names the field of a value that a user sent; a mistake of the program is internal', () => {
  const message = 'name must not be blank.'
  assert.deepEqual(thrownError(invalidValue('name', 'must not be blank')), {
    error: 'invalid_input',
    field: 'name',
    message,
  })
  const misuse = new InvalidInputError('name', 'must not be blank')
  assert.deepEqual(thrownError(misuse), { error: 'internal' })
})

test('thrownError() maps an unreachable database and a full queue to errors that can be retried, all others to internal', () => {
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
    assert.deepEqual(thrownError(new ToriiError(code, 'detail')), { error })
  for (const thrown of [new Error('detail'), 'text', null, undefined])
    assert.deepEqual(thrownError(thrown), { error: 'internal' })
})

test('docs/errors.md lists every code with its status, and no other', async () => {
  const page = await readFile(new URL('../../../../../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \|/gm)]
  const listed = Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))
  assert.deepEqual(listed, { ...errorStatus })
})
