import assert from 'node:assert/strict'
import { InvalidInputError } from 'torii-core'
import { test } from 'vitest'
import type { AuthenticateInput, RegisterInput } from '../index.js'
import { openTestSite, goodPassword as password, requestInfo } from './site.test.support.js'

const site = await openTestSite()
const { torii, db } = site
const email = 'person@example.com'
const megabyte = 'x'.repeat(1_048_576)

const badAddresses: readonly unknown[] = [
  undefined,
  null,
  '',
  42,
  true,
  {},
  [],
  [email],
  ' ',
  'person',
  '@example.com',
  'person@',
  'a@b@example.com',
  'person@example',
  'a@x.com,b@y.com',
  '"e@a.com"@v.com',
  '<a@x.com>',
  'person@example.com.',
  ' person@example.com',
  'per son@example.com',
  'person@example.com\r\nBcc: x@y.com',
  'person\0@example.com',
  'pers\ud800n@example.com',
  'person＠example.com',
  'person﹫example.com',
  'pers\u00adon@example.com',
  'pe\u202erson@example.com',
  'ｐerson@example.com',
  'person@[127.0.0.1]',
  'person@example.com?x=1',
  `${megabyte}@example.com`,
  `person@${megabyte}.com`,
]

const badFields: readonly (readonly [field: string, values: readonly unknown[]])[] = [
  ['email', badAddresses],
  ['password', [undefined, null, 42, true, {}, [], [password]]],
  ['name', ['', '  ', 'a\0b', 'a\ud800', 'a\nb', 'x'.repeat(201), megabyte, 42, {}, ['Ann']]],
  [
    'picture',
    [
      '',
      'http://img.example/a',
      'javascript:alert(1)',
      'https://u:p@img.example/',
      'https://img.example/\0',
      megabyte,
      42,
      {},
    ],
  ],
  [
    'metadata',
    [
      null,
      42,
      'text',
      [],
      new Date(),
      { f: () => 0 },
      { text: '\0' },
      { text: '\ud800' },
      { text: megabyte },
    ],
  ],
]

const noRows = async () => {
  const { rows } = await db.query(
    'select (select count(*) from torii.users) + (select count(*) from torii.rate_limits) as n',
  )
  assert.equal(Number(rows[0]?.n), 0)
}

for (const [field, values] of badFields)
  test(`T3.51 register: what is not a ${field} is refused by its name before any statement`, async () => {
    for (const value of values) {
      // What JavaScript callers can hand over.
      const input = { email, password, [field]: value } as unknown as RegisterInput
      const { statements } = await site.counted(() =>
        assert.rejects(
          torii.password.register(input, requestInfo),
          (error) => error instanceof InvalidInputError && error.field === field,
        ),
      )
      assert.equal(statements, 0)
    }
    await noRows()
  })

for (const [field, values] of badFields.slice(0, 2))
  test(`authenticate: what is not a ${field} is refused by its name before any statement`, async () => {
    for (const value of values) {
      const input = { email, password, [field]: value } as unknown as AuthenticateInput
      const { statements } = await site.counted(() =>
        assert.rejects(
          torii.password.authenticate(input, requestInfo),
          (error) => error instanceof InvalidInputError && error.field === field,
        ),
      )
      assert.equal(statements, 0)
    }
    await noRows()
  })

test('an input that is no object is refused', async () => {
  for (const input of [undefined, null, 'text', 42]) {
    await assert.rejects(
      torii.password.register(input as unknown as RegisterInput, requestInfo),
      InvalidInputError,
    )
    await assert.rejects(
      torii.password.authenticate(input as unknown as AuthenticateInput, requestInfo),
      InvalidInputError,
    )
  }
})

test('each member is read once: a getter cannot pass the check and then say something else', async () => {
  let reads = 0
  const input = {
    email,
    get password() {
      return reads++ === 0 ? password : 'x'
    },
  }
  assert.ok((await torii.password.register(input, requestInfo)).ok)
  assert.equal(reads, 1)
  assert.ok((await torii.password.authenticate({ email, password }, requestInfo)).ok)
})

test('T3.51 hostile request info is cleaned, never stored as it came', async () => {
  const info = { ip: "1.2.3.4'; drop table users", userAgent: `\0\ud800${megabyte}` }
  const outcome = await torii.password.authenticate({ email, password }, info)
  assert.ok(outcome.ok)
  assert.equal(outcome.session.ip, null)
  assert.equal(outcome.session.userAgent, `\ufffd\ufffd${'x'.repeat(510)}`)
})

test('blanks at the end of an email address are dropped, wherever a user enters one', async () => {
  const entered = 'Blank@example.com \t '
  const registered = await torii.password.register({ email: entered, password }, requestInfo)
  assert.ok(registered.ok)
  assert.equal(registered.user.email, 'Blank@example.com')
  assert.ok((await torii.password.authenticate({ email: entered, password }, requestInfo)).ok)
  const reset = await torii.password.reset.create(entered)
  assert.ok(reset !== null)
  const link = await torii.magicLink.create({ email: entered })
  assert.equal(link.to, 'Blank@example.com')
  const verification = await torii.email.createVerification(entered)
  assert.ok(verification !== null)
  for (const email of [' blank@example.com', 'blank@example.com\u00a0', 'blank@example.com\n'])
    await assert.rejects(
      torii.password.authenticate({ email, password }, requestInfo),
      InvalidInputError,
    )
})
