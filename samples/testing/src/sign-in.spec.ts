import { newTestPerson, startTestProvider } from 'torii-auth/testing'
import { afterAll, expect, test } from 'vitest'
import { openSite } from './site.js'

const provider = await startTestProvider({ name: 'work' })
const site = await openSite([provider.definition])
const { app, auth, baseUrl, kit, mailbox } = site
afterAll(async () => {
  await site.close()
  await provider.stop()
})

const post = (path: string, body: object) =>
  app.request(`${baseUrl}/auth/${path}`, {
    method: 'POST',
    headers: { origin: baseUrl, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

test('a forgotten password is reset by the link in the mail, once', async () => {
  const { email } = await kit.createUser({ password: 'a gate of two pillars' })
  expect((await post('password/reset/request', { email })).status).toBe(202)
  const { link, token } = await mailbox.next(email, { kind: 'reset_password' })
  expect(link).toContain(`${baseUrl}/auth/password/reset?token=`)
  const password = 'a gate of three pillars'
  expect((await post('password/reset/complete', { token, password })).status).toBe(204)
  expect((await post('password/reset/complete', { token, password })).status).toBe(401)
  expect((await post('password/authenticate', { email, password })).status).toBe(200)
})

test('a person of the provider signs in', async () => {
  const start = await app.request(`${baseUrl}/auth/oauth/work/start`)
  const cookie = start.headers
    .getSetCookie()
    .map((set) => set.split(';')[0])
    .join('; ')
  const grace = newTestPerson({ name: 'Grace Hopper' })
  const callback = await provider.authorize(start.headers.get('location') ?? '', grace)
  const response = await app.request(callback.href, { headers: { cookie } })
  const session = response.headers.getSetCookie().find((set) => set.startsWith('__Host-torii='))
  const request = new Request(baseUrl, { headers: { cookie: session ?? '' } })
  expect((await auth.getSession(request))?.user.email).toBe(grace.email)
})
