import assert from 'node:assert/strict'
import { test } from 'vitest'
import { maskAddress } from './masked-email.js'

test('only the first character and the domain are shown, however long the rest is', () => {
  assert.equal(maskAddress('ada@example.com'), 'a•••@example.com')
  assert.equal(maskAddress('a@example.com'), 'a•••@example.com')
  assert.equal(maskAddress('ada.lovelace+news@bücher.example'), 'a•••@bücher.example')
})
