import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRepository } from './fixture.mjs'
import { check } from './names.mjs'

test('names: an identifier in code marks must stand in a source', (t) => {
  const root = makeRepository(t, {
    'packages/a/src/a.ts': 'export const rateLimits = { per_hour: 1 }\n',
    'README.md':
      '`rateLimits.per_hour` and `loginAttempts`, see `word`.\n\n```js\nnotRead()\n```\n',
  })
  assert.deepEqual(check(root), ['README.md:1: nothing is called loginAttempts'])
})

test('names: words outside of code marks and names of other programs are left alone', (t) => {
  const root = makeRepository(t, {
    'README.md': 'camelCase is a word, `max_prepared_statements` belongs to PgBouncer.\n',
  })
  assert.deepEqual(check(root), [])
})
