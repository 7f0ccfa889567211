import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSessionClient, sessions } from 'torii-auth/browser'
import { openPage } from './page.js'
import { openSite } from './site.js'
import { compileAccount, version } from './svelte-component.js'

const site = await openSite()

void test(`Svelte ${version}: the browser shows the initial session without a flash, and every change`, async () => {
  const initial = await site.initial()
  assert.ok(initial)
  const page = openPage('')
  const { flushSync, mount, unmount } = await import('svelte')
  const Account = await compileAccount('client')
  const client = createSessionClient({ initial, fetch: site.fetch })
  const view = mount(Account, { target: page.root, props: { client } })
  flushSync()
  assert.equal(page.text(), 'Sign out ada@example.com')
  assert.deepEqual(site.sent, [])
  page.click()
  await page.shows('Sign in')
  page.click()
  await page.shows('Sign out ada@example.com')
  await sessions.signOut(createSessionClient({ fetch: site.fetch }))
  await page.shows('Sign in')
  assert.equal(page.listeners(), 4)
  await unmount(view)
  assert.equal(page.listeners(), 0)
})
