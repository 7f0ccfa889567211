import assert from 'node:assert/strict'
import { test } from 'vitest'
import {
  baseUrl,
  newEmail,
  openTestSite,
  goodPassword as password,
} from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { routes } from '../routes/routes.js'
import { passwordSignInBody } from '../schema/request-bodies.js'
import { openObject, uuid } from '../schema/schema.js'
import { browser, parse } from '../test/client.test.support.js'
import { readJsonBody } from './body.js'

const site = await openTestSite()
const handler = createHandler(site.torii)
const send = browser(handler)

const bodies: readonly (readonly [
  why: string,
  body: unknown,
  status: number,
  error: string,
  field?: string,
])[] = [
  ['nothing', '', 400, 'invalid_json'],
  ['broken JSON', '{"email":', 400, 'invalid_json'],
  ['an array', '[]', 400, 'invalid_json'],
  ['null', 'null', 400, 'invalid_json'],
  ['a text', '"text"', 400, 'invalid_json'],
  ['a number', '42', 400, 'invalid_json'],
  ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 400, 'invalid_json'],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), 400, 'invalid_json'],
  ['deep nesting', `${'['.repeat(8000)}`, 400, 'invalid_json'],
  ['no fields', '{}', 400, 'invalid_input', 'email'],
  [
    'fields only in a prototype',
    `{"__proto__":{"email":"a@example.com","password":"x"}}`,
    400,
    'invalid_input',
    'email',
  ],
  [
    'fields only in a constructor',
    `{"constructor":{"prototype":{"email":"a@example.com"}}}`,
    400,
    'invalid_input',
    'email',
  ],
  ['an array for a text', { email: ['a@example.com'], password }, 400, 'invalid_input', 'email'],
  ['an object for a text', { email: { $ne: '' }, password }, 400, 'invalid_input', 'email'],
  ['null for a text', { email: 'a@example.com', password: null }, 400, 'invalid_input', 'password'],
  [
    'a number for a text',
    { email: 'a@example.com', password: 42 },
    400,
    'invalid_input',
    'password',
  ],
  ['what is no address', { email: 'a', password }, 400, 'invalid_input', 'email'],
  ['NUL', { email: 'a\0@example.com', password }, 400, 'invalid_input', 'email'],
  [
    'half a surrogate pair',
    '{"email":"a\\ud800@example.com","password":"x"}',
    400,
    'invalid_input',
    'email',
  ],
  ['16 KiB and a byte', 'x'.repeat(16_385), 413, 'body_too_large'],
  ['10 MB', 'x'.repeat(10_000_000), 413, 'body_too_large'],
]

for (const [why, body, status, error, field] of bodies)
  test(`T10.115 a body of ${why} is ${status} before any statement`, async () => {
    for (const path of ['/auth/password/register', '/auth/password/authenticate']) {
      const { result, statements } = await site.counted(() => send('POST', path, { body }))
      assert.deepEqual(
        [result.status, result.json.error, result.json.field],
        [status, error, field],
      )
      assert.equal(statements, 0)
    }
  })

test('the last value of a duplicate field counts, as in JSON.parse', async () => {
  const body = `{"email":"nobody","email":"${newEmail()}","password":"${password}"}`
  assert.equal((await send('POST', '/auth/password/register', { body })).status, 201)
})

test('a body without a declared length is read up to the limit and no further', async () => {
  let pulled = 0
  const endless = new ReadableStream(
    {
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(1024).fill(0x20))
      },
    },
    { highWaterMark: 0 },
  )
  const headers = { origin: baseUrl, 'content-type': 'application/json' }
  const request = new Request(`${baseUrl}/auth/password/authenticate`, {
    method: 'POST',
    headers,
    body: endless,
    duplex: 'half',
  })
  assert.equal((await handler(request)).status, 413)
  assert.ok(pulled <= 18, `${pulled} KiB were read`)
})

test('V3.5.2 only JSON is read: 415 for every form that a foreign page could send', async () => {
  const body = JSON.stringify({ email: newEmail(), password })
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'text/json',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'application/json;x',
  ]) {
    const answer = await send('POST', '/auth/password/register', {
      body,
      headers: { 'content-type': type },
    })
    assert.deepEqual([answer.status, answer.json.error], [415, 'unsupported_media_type'], type)
  }
  const absent = await send('POST', '/auth/password/register', {
    body: new TextEncoder().encode(body),
    headers: { 'content-type': '' },
  })
  assert.equal(absent.status, 415)
  for (const type of [
    'application/json',
    'Application/JSON; Charset="UTF-8"',
    'application/json;charset=utf-8',
  ]) {
    const answer = await send('POST', '/auth/password/authenticate', {
      body,
      headers: { 'content-type': type },
    })
    assert.equal(answer.status, 401, type)
  }
})

test('a body that was already read is 400 with advice', async () => {
  const request = new Request(`${baseUrl}/auth/password/register`, {
    method: 'POST',
    headers: { origin: baseUrl, 'content-type': 'application/json' },
    body: '{}',
  })
  await request.text()
  const response = await handler(request)
  assert.equal(response.status, 400)
  assert.match(parse(await response.text()).message, /mount the Torii handler before/)
})

test('no body has a schema with a keyword that is not checked', async () => {
  const bodies = routes.flatMap(({ body }) => (body === null ? [] : [body]))
  assert.ok(bodies.length > 15)
  const request = (fields: object) =>
    new Request(baseUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    })
  for (const schema of bodies) {
    const fields = Object.keys(schema.properties ?? {})
    const texts = Object.fromEntries(fields.map((field) => [field, 'text']))
    assert.equal(typeof (await readJsonBody(request(texts), schema)).ok, 'boolean')
  }
  const unchecked = openObject({ id: uuid })
  await assert.rejects(readJsonBody(request({ id: 'text' }), unchecked), /not checked for format/)
})

test('a field that the application added to every prototype is no field of a body', async () => {
  Object.defineProperty(Object.prototype, 'email', { value: 'a@example.com', configurable: true })
  try {
    const request = new Request(baseUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    })
    const read = await readJsonBody(request, passwordSignInBody)
    assert.ok(!read.ok && read.error.error === 'invalid_input')
    assert.equal(read.error.field, 'email')
  } finally {
    Reflect.deleteProperty(Object.prototype, 'email')
  }
})
