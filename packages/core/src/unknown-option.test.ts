import assert from 'node:assert/strict'
import { test } from 'vitest'
import { unknownOption } from './unknown-option.js'

const suggested = [
  ['sesion', ['session', 'password', 'passkey'], 'session'],
  ['sessions', ['session', 'password', 'passkey'], 'session'],
  ['baseURL', ['basePath', 'baseUrl'], 'baseUrl'],
  ['session.idle', ['absoluteSeconds', 'idleSeconds'], 'session.idleSeconds'],
  ['session.idelSeconds', ['absoluteSeconds', 'idleSeconds'], 'session.idleSeconds'],
  ['idleSeconds', ['baseUrl', 'log', 'session.idleSeconds'], 'session.idleSeconds'],
  ['mail.emial', ['appName', 'email'], 'mail.email'],
  ['pages.singIn', ['signedIn', 'signIn', 'failed'], 'pages.signIn'],
  ['appName', ['baseUrl', 'mail.appName'], 'mail.appName'],
] as const

for (const [path, known, suggestion] of suggested)
  test(`for the option ${path} the message suggests ${suggestion}`, () => {
    assert.equal(
      unknownOption(path, known).message,
      `option ${path}: is not an option; did you mean ${suggestion}?`,
    )
  })

test('without a similar name a short list is shown whole, and a long one not at all', () => {
  const few = ['signedIn', 'signIn', 'account', 'failed']
  assert.equal(
    unknownOption('pages.welcome', few).message,
    'option pages.welcome: is not an option; there are: signedIn, signIn, account, failed',
  )
  const many = Array.from({ length: 9 }, (_, index) => `option${index}`)
  assert.equal(unknownOption('x', many).message, 'option x: is not an option')
  assert.equal(unknownOption('x', []).message, 'option x: is not an option')
})
