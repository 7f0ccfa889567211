import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { InvalidInputError } from 'torii-core'
import { describe, test } from 'vitest'
import { readAuthenticationAnswer, readRegistrationAnswer } from './answer.js'
import { SoftwareAuthenticator } from './authenticator.test.support.js'

const authenticator = new SoftwareAuthenticator()
const challenge = randomBytes(32).toString('base64url')
const registration = authenticator.create({
  challenge,
  rp: { id: 'app.example' },
  user: { id: randomBytes(64).toString('base64url') },
})
const authentication = authenticator.get({ challenge, rpId: 'app.example' })

const refused = (run: () => unknown, field: string) =>
  assert.throws(run, { code: 'ERR_INVALID_INPUT', field })

const clientDataOf = (text: string | Buffer) => ({
  ...authentication,
  response: { ...authentication.response, clientDataJSON: Buffer.from(text).toString('base64url') },
})

describe('answers', () => {
  test('what a browser sends is read, with or without what is optional', () => {
    assert.deepEqual(readRegistrationAnswer(registration).transports, ['internal', 'hybrid'])
    const { transports: _, ...response } = registration.response
    assert.deepEqual(readRegistrationAnswer({ ...registration, response }).transports, [])
    const more = { ...registration, made: 'up', response: { ...response, publicKeyAlgorithm: -7 } }
    assert.equal(readRegistrationAnswer(more).format, 'none')
    assert.equal(readAuthenticationAnswer(authentication).userHandle?.length, 64)
    const named = { ...authentication.response, userHandle: null }
    assert.equal(readAuthenticationAnswer({ ...authentication, response: named }).userHandle, null)
  })

  test('what is no credential at all is refused', () => {
    for (const value of [undefined, null, '', 'text', 7, true, [], [registration]]) {
      refused(() => readRegistrationAnswer(value), 'response')
      refused(() => readAuthenticationAnswer(value), 'response')
    }
  })

  const shapes: readonly [name: string, change: object, field: string][] = [
    ['no id', { id: undefined, rawId: undefined }, 'id'],
    ['an empty id', { id: '', rawId: '' }, 'id'],
    ['an id that is a list', { id: ['AAAA'], rawId: ['AAAA'] }, 'rawId'],
    ['an id that is a number', { id: 7, rawId: 7 }, 'id'],
    ['an id with padding', { id: 'AA==', rawId: 'AA==' }, 'id'],
    ['an id in base64', { id: 'a+/b', rawId: 'a+/b' }, 'id'],
    ['an id with bits that no byte holds', { id: 'AB', rawId: 'AB' }, 'id'],
    ['an id of 1,024 bytes', { id: 'A'.repeat(1366), rawId: 'A'.repeat(1366) }, 'id'],
    ['an id of a megabyte', { id: 'A'.repeat(1e6), rawId: 'A'.repeat(1e6) }, 'id'],
    ['two ids', { rawId: 'AAAA' }, 'rawId'],
    ['another type', { type: 'password' }, 'type'],
    ['no type', { type: undefined }, 'type'],
    ['no response', { response: undefined }, 'response'],
    ['a response of text', { response: 'AAAA' }, 'response'],
    ['a response that is a list', { response: [] }, 'response'],
  ]
  for (const [name, change, field] of shapes)
    test(`${name} is refused`, () => {
      refused(() => readRegistrationAnswer({ ...registration, ...change }), `response.${field}`)
      refused(() => readAuthenticationAnswer({ ...authentication, ...change }), `response.${field}`)
    })

  const members: readonly [member: string, most: number][] = [
    ['authenticatorData', 4096],
    ['signature', 1024],
    ['clientDataJSON', 4096],
    ['userHandle', 64],
  ]
  for (const [member, most] of members)
    test(`${member} of a wrong type or of more than ${most} bytes is refused`, () => {
      const long = Buffer.alloc(most + 1).toString('base64url')
      for (const value of [7, {}, [], '', 'a b', 'ä', `${long}`, 'A'.repeat(1e6)])
        refused(
          () =>
            readAuthenticationAnswer({
              ...authentication,
              response: { ...authentication.response, [member]: value },
            }),
          `response.response.${member}`,
        )
    })

  test('transports are at most 16 names', () => {
    const withTransports = (transports: unknown) =>
      readRegistrationAnswer({
        ...registration,
        response: { ...registration.response, transports },
      }).transports
    assert.deepEqual(withTransports(['usb', 'usb', 'smart-card', 'made-up']), [
      'usb',
      'smart-card',
      'made-up',
    ])
    for (const value of [
      'usb',
      { 0: 'usb' },
      [7],
      [''],
      ['USB'],
      ['a b'],
      ['x'.repeat(33)],
      Array(17).fill('usb'),
    ])
      refused(() => withTransports(value), 'response.response.transports')
  })

  test('client data is JSON with three texts', () => {
    const good = { type: 'a', challenge: 'b', origin: 'c' }
    const read = (text: string | Buffer) =>
      readAuthenticationAnswer(clientDataOf(text)).clientData.says
    const plain = { ...good, crossOrigin: false, topOrigin: null }
    assert.deepEqual(read(JSON.stringify(good)), plain)
    assert.deepEqual(read(`\ufeff${JSON.stringify({ ...good, more: [1] })}`), plain)
    for (const text of [
      '{',
      'null',
      '7',
      '[]',
      '{}',
      JSON.stringify({ ...good, type: 7 }),
      JSON.stringify({ ...good, challenge: null }),
      JSON.stringify({ ...good, origin: ['c'] }),
      JSON.stringify({ ...good, crossOrigin: 'false' }),
      JSON.stringify({ ...good, topOrigin: 7 }),
      `{"__proto__": ${JSON.stringify(good)}}`,
      Buffer.from('7b22ff22', 'hex'),
      `${'['.repeat(2000)}`,
    ])
      refused(
        () => readAuthenticationAnswer(clientDataOf(text)),
        'response.response.clientDataJSON',
      )
    // The decoder forgets the text that it refused.
    assert.deepEqual(read(JSON.stringify(good)), plain)
  })

  test('any JSON is read or refused with a typed error', () => {
    const run = (read: (value: unknown) => unknown, value: unknown) => {
      try {
        read(value)
      } catch (error) {
        assert.ok(error instanceof InvalidInputError)
      }
    }
    const scrambled = fc.tuple(
      fc.constantFrom(
        'clientDataJSON',
        'attestationObject',
        'authenticatorData',
        'signature',
        'transports',
        'userHandle',
      ),
      fc.oneof(
        fc.jsonValue(),
        fc.base64String(),
        fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
      ),
    )
    fc.assert(
      fc.property(fc.jsonValue(), scrambled, (value, [member, given]) => {
        run(readRegistrationAnswer, value)
        run(readAuthenticationAnswer, value)
        run(readRegistrationAnswer, {
          ...registration,
          response: { ...registration.response, [member]: given },
        })
        run(readAuthenticationAnswer, {
          ...authentication,
          response: { ...authentication.response, [member]: given },
        })
      }),
      { numRuns: 2000 },
    )
  })
})
