import assert from 'node:assert/strict'
import { test } from 'vitest'
import { errorStatus } from '../response/errors.js'
import { matchRoute, routes } from './routes.js'

const id = '0190f000-0000-7000-8000-000000000000'
const found = (method: string, path: string) => {
  const match = matchRoute('/auth', method, path)
  return match.ok ? `${match.route.method} ${match.route.path} ${match.param}`.trim() : match.error
}

test('the table has the routes of the contract, each with its success status', () => {
  assert.deepEqual(
    routes.map(({ method, path, responses }) => `${method} ${path} ${Object.keys(responses)[0]}`),
    [
      'POST password/register 201',
      'POST password/authenticate 200',
      'POST password/change 204',
      'POST password/set 204',
      'DELETE password 204',
      'POST password/reset/request 202',
      'POST password/reset/complete 204',
      'POST magic-link/request 202',
      'POST magic-link/authenticate 200',
      'POST email/verify/request 202',
      'POST email/verify 200',
      'POST email/change/request 202',
      'POST email/change/complete 204',
      'GET magic-link 200',
      'GET email/verify 200',
      'GET password/reset 200',
      'GET email/change 200',
      'GET second-factors/undo 200',
      'GET session 200',
      'GET sessions 200',
      'DELETE sessions/:id 204',
      'POST sessions/revoke-others 200',
      'POST reauthenticate 200',
      'POST token 201',
      'POST token/jwt 200',
      'GET jwks 200',
      'POST sign-out 204',
      'GET second-factors/verify 200',
      'POST second-factors/verify 200',
      'POST second-factors/passkey/options 200',
      'POST second-factors/undo 204',
      'GET second-factors 200',
      'POST second-factors/totp/start 200',
      'POST second-factors/totp/confirm 201',
      'DELETE second-factors/totp 200',
      'POST second-factors/recovery-codes 200',
      'DELETE second-factors/trusted-browsers 204',
      'DELETE second-factors/trusted-browsers/:id 204',
      'GET user 200',
      'PATCH user 200',
      'DELETE user 204',
      'GET user/export 200',
      'GET oauth/providers 200',
      'GET oauth/:provider/start 303',
      'GET oauth/:provider/callback 303',
      'POST oauth/:provider/callback 303',
      'POST oauth/:provider/id-token/nonce 201',
      'POST oauth/:provider/id-token 200',
      'POST oauth/:provider/link 200',
      'GET oauth/accounts 200',
      'DELETE oauth/accounts/:id 204',
      'POST passkeys/register/options 200',
      'POST passkeys/upgrade/options 200',
      'POST passkeys/register/verify 201',
      'POST passkeys/authenticate/options 200',
      'POST passkeys/authenticate/verify 200',
      'GET passkeys 200',
      'GET passkeys/signals 200',
      'PATCH passkeys/:id 200',
      'DELETE passkeys/:id 204',
      'GET health 200',
      'GET openapi.json 200',
    ],
  )
  for (const { errors } of routes) for (const code of errors) assert.ok(code in errorStatus)
})

test('the router finds a route by method and path; HEAD is GET', () => {
  assert.equal(found('GET', '/auth/session'), 'GET session')
  assert.equal(found('HEAD', '/auth/session'), 'GET session')
  assert.equal(found('DELETE', `/auth/sessions/${id}`), `DELETE sessions/:id ${id}`)
  assert.equal(found('POST', '/auth/sessions/revoke-others'), 'POST sessions/revoke-others')
})

test('the router responds to another method with the allowed ones', () => {
  const allowing = (allow: string) => ({ error: 'method_not_allowed', allow })
  assert.deepEqual(found('GET', '/auth/password/authenticate'), allowing('POST'))
  assert.deepEqual(found('POST', '/auth/session'), allowing('GET, HEAD'))
  assert.deepEqual(found('GET', `/auth/sessions/${id}`), allowing('DELETE'))
  assert.deepEqual(found('DELETE', '/auth/sessions/revoke-others'), allowing('POST'))
  for (const method of ['OPTIONS', 'PUT', 'get', 'CONNECT', ''])
    assert.deepEqual(found(method, '/auth/session'), allowing('GET, HEAD'))
})

test('no route has a second spelling', () => {
  const others = [
    '',
    '/',
    '/auth',
    '/auth/',
    '/session',
    '/AUTH/session',
    '/auth/Session',
    '/auth/SESSION',
    '//auth/session',
    '/auth//session',
    '/auth/session/',
    '/auth/session//',
    '/auth/session;a=b',
    '/auth;/session',
    '/auth/sess%69on',
    '/auth%2fsession',
    '/auth/%2fsession',
    '/auth/./session',
    '/auth/x/../session',
    '/auth/session%00',
    '/auth/session ',
    '/auth\\session',
    '/authsession',
    '/xauth/session',
    '/auth/password/',
    '/auth/password//authenticate',
    '/auth/password/authenticate/',
    '/auth/password%2Fauthenticate',
    '/auth/password/Authenticate',
    '/auth/sessions/',
    `/auth/sessions/${id}/`,
    `/auth/sessions//${id}`,
    `/auth/sessions/${id}/x`,
    '/auth/sign-out/',
    '/auth/sign_out',
    '/auth/__proto__',
    '/auth/constructor',
    '/auth/toString',
  ]
  for (const path of others)
    for (const method of ['GET', 'POST', 'DELETE'])
      assert.deepEqual(found(method, path), { error: 'not_found' }, path)
})
