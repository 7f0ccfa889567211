import assert from 'node:assert/strict'
import { ToriiError } from 'torii-core'
import type { PostgresStorage } from 'torii-storage-postgres'
import { test } from 'vitest'
import { Torii } from '../index.js'
import { baseUrl, openTestSite } from './site.test.support.js'

const site = await openTestSite()
const mark = Symbol.for('torii-core')

test('Torii refuses a storage of another copy of torii-core and says how to find it', () => {
  const other = { value: { version: '0.0.9', url: 'file:///elsewhere/torii-core/index.js' } }
  const storage: PostgresStorage = Object.create(site.storage, { [mark]: other })
  assert.throws(
    () => new Torii(storage, { baseUrl }),
    (error) => {
      assert.ok(error instanceof ToriiError)
      assert.equal(error.code, 'ERR_INVALID_OPTIONS')
      assert.match(
        error.message,
        /two copies .*0\.0\.9 from file:\/\/\/elsewhere.*npm ls torii-core/,
      )
      return true
    },
  )
})

test('a storage says which copy of torii-core it was created with', () => {
  assert.match(String(Reflect.get(Object(Reflect.get(site.storage, mark)), 'url')), /^file:/)
})
