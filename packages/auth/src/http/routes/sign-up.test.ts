import assert from 'node:assert/strict'
import { test } from 'vitest'
import * as z from 'zod'
import { password as browserPassword, createClient } from '../../browser/index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { baseUrl, goodPassword, newEmail, openTestSite } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { browser } from '../test/client.test.support.js'

const fields = z.strictObject({ company: z.string().min(1, 'Name your company.') })
const mailbox = await openMailbox()
const site = await openTestSite({
  signUp: { fields, metadata: (own) => ({ ...(own as z.output<typeof fields>) }) },
  hooks: {
    beforeRegister: ({ request }) =>
      request.header('x-refuse') === null ? null : { refuse: 'closed', message: 'We are closed.' },
  },
})
const handler = createHandler(site.torii)
const send = browser(handler)
const path = '/auth/password/register'

test('T10.163 own fields are sent below one name, and refused with their path: 422 before any statement', async () => {
  const email = newEmail()
  for (const given of [undefined, null, {}]) {
    const body = { email, password: goodPassword, fields: given }
    const { result, statements } = await site.counted(() => send('POST', path, { body }))
    assert.deepEqual(
      [result.status, result.json.error, result.json.field],
      [422, 'fields_rejected', 'fields.company'],
    )
    assert.equal(statements, 0)
  }
  const blank = await send('POST', path, {
    body: { email, password: goodPassword, fields: { company: '' } },
  })
  assert.deepEqual(blank.json, {
    error: 'fields_rejected',
    field: 'fields.company',
    message: 'Name your company.',
  })
  const unknown = await send('POST', path, {
    body: { email, password: goodPassword, fields: { company: 'Acme', role: 'admin' } },
  })
  assert.deepEqual([unknown.status, unknown.json.field], [422, 'fields'])
  for (const wrong of ['Acme', ['Acme'], 42]) {
    const { status, json } = await send('POST', path, {
      body: { email, password: goodPassword, fields: wrong },
    })
    assert.deepEqual([status, json.error, json.field], [400, 'invalid_input', 'fields'])
  }
  const made = await send('POST', path, {
    body: { email, password: goodPassword, fields: { company: 'Acme' } },
  })
  assert.equal(made.status, 201)
  assert.deepEqual((await site.storage.users.find(made.json.user.id))?.metadata, {
    company: 'Acme',
  })
})

test('T10.162 where email addresses are verified, a taken one is answered like a new one', async () => {
  const verifying = browser(
    createHandler(
      site.with({ signUp: { fields }, mailer: mailbox.mailer, requireVerifiedEmail: true }),
    ),
  )
  const body = { email: newEmail(), password: goodPassword, fields: { company: 'Acme' } }
  const first = await verifying('POST', path, { body })
  const second = await verifying('POST', path, { body })
  assert.deepEqual([first.status, first.text], [202, '{"status":"accepted"}'])
  assert.deepEqual([second.status, second.text], [first.status, first.text])
  const wrong = { ...body, fields: {} }
  const taken = await verifying('POST', path, { body: wrong })
  const free = await verifying('POST', path, { body: { ...wrong, email: newEmail() } })
  assert.deepEqual([taken.status, taken.text], [422, free.text])
})

test('T10.163 the browser’s client sends typed fields, and types both refusals', async () => {
  let headers: Record<string, string> = {}
  const client = createClient({
    fetch: (url, init) =>
      handler(
        new Request(`${baseUrl}${url}`, { ...init, headers: { ...plain(init), ...headers } }),
      ),
  })
  const register = (company: string) =>
    browserPassword.register<z.input<typeof fields>>(client, {
      ...{ email: newEmail(), password: goodPassword },
      fields: { company },
    })
  const blank = await register('')
  assert.ok(!blank.ok && blank.error === 'fields_rejected')
  assert.deepEqual([blank.field, blank.message], ['fields.company', 'Name your company.'])
  headers = { 'x-refuse': 'yes' }
  const refused = await register('Acme')
  assert.ok(!refused.ok && refused.error === 'refused_by_application')
  const reason: string = refused.reason
  assert.deepEqual([reason, refused.message], ['closed', 'We are closed.'])
  headers = {}
  assert.ok((await register('Acme')).ok)
})

const plain = (init: RequestInit | undefined): Record<string, string> => ({
  ...Object.fromEntries(new Headers(init?.headers)),
  origin: baseUrl,
})
