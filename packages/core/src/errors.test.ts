import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'vitest'
import {
  InvalidInputError,
  InvalidOptionsError,
  OutcomeUnknownError,
  ToriiError,
} from './errors.js'

test('an error carries its code, its message and its cause', () => {
  const cause = new Error('below')
  const error = new ToriiError('ERR_UNAVAILABLE', 'start the database', { cause })
  assert.ok(error instanceof Error)
  assert.deepEqual(
    [error.code, error.message, error.cause, error.name],
    ['ERR_UNAVAILABLE', 'start the database', cause, 'ToriiError'],
  )
  assert.ok(
    error.stack?.startsWith('ToriiError: start the database') ||
      error.stack?.startsWith('Error: start the database'),
  )
  assert.equal('cause' in new ToriiError('ERR_BUSY', 'later'), false)
})

test('every error is a ToriiError under its own name and code', () => {
  const errors = [
    [
      new InvalidInputError('email', 'must be an address'),
      'InvalidInputError',
      'ERR_INVALID_INPUT',
    ],
    [
      new InvalidOptionsError('schema', 'must be short'),
      'InvalidOptionsError',
      'ERR_INVALID_OPTIONS',
    ],
    [new OutcomeUnknownError('users.register'), 'OutcomeUnknownError', 'ERR_OUTCOME_UNKNOWN'],
  ] as const
  for (const [error, name, code] of errors) {
    assert.ok(error instanceof ToriiError)
    assert.deepEqual([error.name, error.code], [name, code])
    assert.ok(inspect(error).includes(error.message))
  }
})

test('a refused argument is named, with what it must be', () => {
  const { field, problem, message } = new InvalidInputError('email', 'must be an address')
  assert.deepEqual(
    [field, problem, message],
    ['email', 'must be an address', 'email must be an address'],
  )
})

test('a refused option is named in the message', () => {
  assert.equal(
    new InvalidOptionsError('schema', 'must be short').message,
    'option schema: must be short',
  )
})

test('an unknown outcome names the operation and keeps the cause', () => {
  const cause = new Error('connection reset')
  const error = new OutcomeUnknownError('users.register', { cause })
  assert.match(error.message, /"users\.register"/)
  assert.equal(error.cause, cause)
})

test('the code narrows', () => {
  const error: ToriiError<'ERR_BUSY'> | InvalidInputError = new InvalidInputError(
    'limit',
    'must be 1 to 200',
  )
  const field = error.code === 'ERR_INVALID_INPUT' ? error.field : null
  assert.equal(field, 'limit')
})
