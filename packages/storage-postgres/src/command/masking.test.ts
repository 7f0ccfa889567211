import assert from 'node:assert/strict'
import { test } from 'vitest'
import { createMask } from './masking.js'

test('the password of the URL is masked as it is written and as it is decoded', () => {
  const mask = createMask('postgresql://app:p%40ss.w*rd@db.example/app')
  assert.equal(mask('p%40ss.w*rd and "p@ss.w*rd"'), '*** and "***"')
  const parameter = createMask('postgresql:///app?host=/run&password=s%3Fcret&sslmode=require')
  assert.equal(parameter('s?cret, s%3Fcret'), '***, ***')
  // With an @ that is not encoded, the password goes to the last one.
  assert.equal(createMask('postgresql://app:a@b@db.example/app')('(a@b)'), '(***)')
})

test('a short password stays a part of other words', () => {
  const mask = createMask('postgresql://app:app@localhost/app')
  assert.equal(mask('the application app'), 'the application ***')
})

test('the password of any other URL is masked', () => {
  const mask = createMask(undefined)
  assert.equal(
    mask('cannot reach postgresql://app:other@h1:5432/app'),
    'cannot reach postgresql://app:***@h1:5432/app',
  )
  assert.equal(
    mask('https://example.com/a:b and a@b.example'),
    'https://example.com/a:b and a@b.example',
  )
})
