import assert from 'node:assert/strict'
import pg from 'pg'
import { PostgresStorage } from 'torii-storage-postgres'
import { afterAll, test } from 'vitest'
import { createHandler, createNodeHandler } from '../http/index.js'
import { fileMailer, InvalidInputError, InvalidOptionsError, Torii } from '../index.js'
import { baseUrl, openTestSite } from './site.test.support.js'

const { torii, storage, db } = await openTestSite()
const pool = new pg.Pool({ connectionString: db.url })
afterAll(() => pool.end())

/** What a program without types passes. */
const untyped = (value: unknown) => value as never
const create = (given: unknown) => () => new Torii(untyped(given), { baseUrl })
const opening = PostgresStorage.connect(db.url)
afterAll(async () => (await opening).close())

const wrong: readonly (readonly [name: string, call: () => unknown, message: RegExp])[] = [
  ['a pool as storage', create(pool), /^storage is a pool: pass new PostgresStorage\(pool\)$/],
  ['a Torii as storage', create(torii), /^storage is a Torii: pass its storage/],
  ['a promise as storage', create(opening), /^storage is a promise: write await/],
  ['a URL as storage', create(db.url), /^storage must be a storage: new PostgresStorage\(pool\)/],
  ['options as storage', create({ baseUrl }), /^storage must be a storage/],
  [
    'a storage as Torii',
    () => createHandler(untyped(storage)),
    /^torii must be a Torii, not its storage: createHandler\(new Torii\(storage, options\)\)$/,
  ],
  [
    'a pool as Torii',
    () => createHandler(untyped(pool)),
    /^torii must be a Torii, not its storage/,
  ],
  ['nothing as Torii', () => createHandler(untyped(undefined)), /^torii must be a Torii:/],
  [
    'a Torii as handler',
    () => createNodeHandler(untyped(torii)),
    /^handler must be a handler, not a Torii: createNodeHandler\(createHandler\(torii\)\)$/,
  ],
  ['a pool as transaction', () => torii.with(untyped(pool)), /^tx must be the transaction that/],
]

for (const [name, call, message] of wrong)
  test(`${name} is refused in one sentence that says what to pass`, () => {
    assert.throws(
      call,
      (error) => error instanceof InvalidInputError && message.test(error.message),
    )
  })

test('a request of node:http or Express, and the context of Hono, are refused in one sentence that says what to do', async () => {
  const handler = createHandler(torii)
  const raw = new Request(`${baseUrl}/auth/session`)
  const refused = (given: unknown, message: RegExp) =>
    assert.rejects(
      handler(untyped(given)),
      (error) => error instanceof InvalidInputError && message.test(error.message),
    )
  const node = { method: 'GET', url: '/auth/session', headers: { host: 'localhost' } }
  await refused(node, /^request must be a fetch Request: .* use createNodeHandler\(auth\)$/)
  await refused(undefined, /^request must be a fetch Request/)
  await refused({ req: { raw } }, /^request is the context of Hono: pass context\.req\.raw$/)
})

test('a secret whose environment variable is not set is missing, and a file mailer knows its options', () => {
  for (const secret of [undefined, ''])
    assert.throws(
      () => new Torii(storage, { baseUrl, keys: [{ id: '1', secret: untyped(secret) }] }),
      /^InvalidOptionsError: option keys\[0\]\.secret: is missing: check that the environment variable/,
    )
  assert.throws(
    () => fileMailer(untyped({ dir: '.mail', from: 'a@example.com' })),
    /option dir: is not an option; did you mean directory\?/,
  )
})

test('an option outside of its section, or with another spelling, is suggested', () => {
  const messageOf = (given: object) => {
    try {
      new Torii(storage, { baseUrl, ...given })
      return 'accepted'
    } catch (error) {
      assert.ok(error instanceof InvalidOptionsError)
      return error.message
    }
  }
  assert.match(messageOf({ sesion: {} }), /^option sesion: .*did you mean session\?$/)
  assert.match(messageOf({ appName: 'Acme' }), /did you mean mail\.appName\?$/)
  assert.match(messageOf({ session: { idle: 60 } }), /did you mean session\.idleSeconds\?$/)
  assert.match(messageOf({ bruteForce: { acount: {} } }), /did you mean bruteForce\.account\?$/)
})

test('a misspelled option of the handlers is refused', () => {
  const handler = createHandler(torii)
  assert.throws(
    () => createNodeHandler(handler, untyped({ trustedProxyHop: 1 })),
    /did you mean trustedProxyHops\?/,
  )
  assert.throws(() => createHandler(torii, untyped({ page: {} })), /did you mean pages\?/)
})
