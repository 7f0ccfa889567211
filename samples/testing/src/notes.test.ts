import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openSite } from './site.js'

const site = await openSite()
const { app, kit, torii } = site
after(() => site.close())

void test('users see their own notes, strangers none', async () => {
  const ada = await kit.createUser()
  const grace = await kit.createUser()
  const written = await app.fetch(
    ada.request('/notes', { method: 'POST', body: 'Water the plants' }),
  )
  assert.equal(written.status, 201)
  const notes = async (request: Request) => (await app.fetch(request)).json()
  assert.deepEqual(await notes(ada.request('/notes')), ['Water the plants'])
  assert.deepEqual(await notes(grace.request('/notes')), [])
  assert.equal((await app.request('/notes')).status, 401)
})

void test('a client with a bearer token writes notes', async () => {
  const { authorization } = await kit.createUser()
  const sent = { method: 'POST', headers: { authorization }, body: 'Feed the cat' }
  assert.equal((await app.request('/notes', sent)).status, 201)
})

void test('a user who stays away for a week is signed out', async () => {
  const ada = await kit.createUser()
  const phone = await kit.signIn(ada.user.id)
  await kit.travel(torii.options.session.idleSeconds - 60)
  assert.equal((await app.fetch(phone.request('/notes'))).status, 200)
  await kit.travel(61)
  assert.equal((await app.fetch(ada.request('/notes'))).status, 401)
  assert.equal((await app.fetch(phone.request('/notes'))).status, 200)
})
