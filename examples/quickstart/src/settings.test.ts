import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDatabase, readSettings, SettingsError } from './settings.js'

test('everything has a default', () => {
  assert.deepEqual(readSettings({}), {
    databaseUrl: 'pglite:.torii/data',
    schema: 'torii',
    host: '127.0.0.1',
    port: 3000,
    baseUrl: null,
    trustedProxyHops: 0,
  })
})

test('a variable set to nothing counts as not set', () => {
  assert.equal(readSettings({ DATABASE_URL: '', PORT: '' }).port, 3000)
})

test('a port that is none is refused by name', () => {
  for (const port of ['-1', '65536', '3000x', '1e3', ' 80'])
    assert.throws(
      () => readSettings({ PORT: port }),
      (error: unknown) => error instanceof SettingsError && /^PORT/.test(error.message),
    )
})

test('listening to the world needs a base URL', () => {
  assert.throws(() => readSettings({ HOST: '0.0.0.0' }), /BASE_URL/)
  assert.equal(readSettings({ HOST: '0.0.0.0', BASE_URL: 'https://app.example' }).host, '0.0.0.0')
})

test('the description of the database holds no password', () => {
  assert.equal(
    describeDatabase('postgresql://me:secret@db.example:5432/app'),
    'database app on db.example',
  )
  assert.equal(describeDatabase('pglite:.torii/data'), 'an embedded PostgreSQL in .torii/data')
})
