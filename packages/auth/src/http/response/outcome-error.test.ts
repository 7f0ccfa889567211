import assert from 'node:assert/strict'
import { test } from 'vitest'
import { outcomeError } from './outcome-error.js'

test('the code of an error is the reason of the refusal; only stale becomes conflict', () => {
  for (const reason of [
    'account_disabled',
    'already_exists',
    'email_taken',
    'invalid_credentials',
    'invalid_token',
    'last_method',
    'not_found',
    'provider_failed',
    'reauthentication_required',
    'too_many',
  ] as const)
    assert.deepEqual(outcomeError({ ok: false, reason }), { error: reason })
  assert.deepEqual(outcomeError({ ok: false, reason: 'stale' }), { error: 'conflict' })
})

test('an error carries the data of its reason', () => {
  assert.deepEqual(outcomeError({ ok: false, reason: 'too_many_attempts', retryAfterSeconds: 7 }), {
    error: 'too_many_attempts',
    retryAfterSeconds: 7,
  })
  const problem = { reason: 'too_short', message: 'Too short.' } as const
  assert.deepEqual(
    outcomeError(
      { ok: false, reason: 'password_rejected', problem },
      { passwordField: 'newPassword' },
    ),
    { error: 'password_rejected', problem, field: 'newPassword' },
  )
  assert.deepEqual(outcomeError({ ok: false, reason: 'passkey_rejected', problem: 'origin' }), {
    error: 'passkey_rejected',
    problem: 'origin',
  })
})

test('a route can replace the message of a reason', () => {
  const texts = { not_found: 'no_passkey' } as const
  assert.deepEqual(outcomeError({ ok: false, reason: 'not_found' }, { texts }), {
    error: 'not_found',
    text: 'no_passkey',
  })
  assert.deepEqual(outcomeError({ ok: false, reason: 'too_many' }, { texts }), {
    error: 'too_many',
  })
})
