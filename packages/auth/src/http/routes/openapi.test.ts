import assert from 'node:assert/strict'
import { Validator } from '@seriousme/openapi-schema-validator'
import { test } from 'vitest'
import { baseUrl } from '../../test/site.test.support.js'
import { membersOf } from '../schema/schema.js'
import type { GivenAnswer } from '../test/documented.test.support.js'
import { createResponseValidator } from '../test/documented.test.support.js'
import { describeApi } from './openapi.js'
import { routes } from './routes.js'

const document = describeApi(routes, {
  origin: baseUrl,
  basePath: '/auth',
  cookieName: '__Host-torii',
})

/** As it is served; the validator writes into what it is given. */
const asPlainData = (served: object): Record<string, unknown> => JSON.parse(JSON.stringify(served))

/** What the schema of OpenAPI itself has against a document. */
async function problemsOf(described: object): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(asPlainData(described))
  return valid ? [] : errors
}

test('the document is valid OpenAPI 3.1', async () => {
  assert.deepEqual(await problemsOf(document), [])
})

test('the validator rejects an invalid document', async () => {
  const broken = { ...document, paths: { '/auth/session': { get: { responses: { 200: {} } } } } }
  assert.notDeepEqual(await problemsOf(broken), [])
})

test('the forms of pages have no member for tokens: those of a browser are in cookies', () => {
  const others = ['transport', 'pending']
  const takingForms = routes.flatMap(({ body, form }) => (body === null || !form ? [] : [body]))
  for (const member of others) assert.ok(takingForms.some((body) => member in membersOf(body)))
  const { paths } = document as { paths: object }
  const formBodies = JSON.stringify(paths, (key, value) =>
    key === 'application/json' ? undefined : value,
  )
  assert.ok(formBodies.includes('"nonce":'))
  for (const member of others) assert.ok(!formBodies.includes(`"${member}":`), member)
})

const validateResponse = createResponseValidator(document)
const user = {
  id: '0190f000-0000-7000-8000-000000000000',
  email: null,
  emailVerified: false,
  name: null,
  picture: null,
  createdAt: '2026-11-28T10:00:00.000Z',
}
const answer = (given: Partial<GivenAnswer> & { body?: unknown }): string | null =>
  validateResponse({
    method: 'GET',
    pathname: '/auth/user',
    status: 200,
    contentType: 'application/json',
    text: given.body === undefined ? '' : JSON.stringify(given.body),
    ...given,
  })

test('a response that matches the document is accepted', () => {
  assert.equal(answer({ body: { user } }), null)
  assert.equal(answer({ method: 'HEAD' }), null)
  const error = { error: 'not_found', message: 'Not found.' }
  assert.equal(answer({ pathname: '/auth/nowhere', status: 404, body: error }), null)
  const gone = { method: 'DELETE', pathname: `/auth/passkeys/${user.id}`, contentType: null }
  assert.equal(answer({ ...gone, status: 204 }), null)
})

test('a response that does not match is rejected: member, type, format, status, code, content type', () => {
  assert.match(answer({ body: { user: { ...user, admin: true } } }) ?? '', /additional properties/)
  assert.match(answer({ body: {} }) ?? '', /required property 'user'/)
  assert.match(answer({ body: { user: { ...user, email: 1 } } }) ?? '', /email must be string,null/)
  assert.match(answer({ body: { user: { ...user, createdAt: 'now' } } }) ?? '', /date-time/)
  assert.match(answer({ status: 418, body: {} }) ?? '', /status 418 is not described/)
  const code = { error: 'email_taken', message: 'Taken.' }
  assert.match(answer({ status: 401, body: code }) ?? '', /allowed values/)
  assert.match(answer({ contentType: 'text/html' }) ?? '', /content type text\/html/)
  assert.match(answer({ pathname: '/auth/nowhere', body: {} }) ?? '', /status 200 of no operation/)
  assert.match(answer({ method: 'HEAD', text: 'x' }) ?? '', /HEAD has a body/)
  const gone = { method: 'DELETE', pathname: '/auth/user', status: 204, contentType: null }
  assert.match(answer({ ...gone, text: 'x' }) ?? '', /a body where none is described/)
})
