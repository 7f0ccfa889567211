import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSessionClient, sessions } from 'torii-auth/browser'
import { sessionKey, useSession } from 'torii-auth/vue'
import { effectScope, version } from 'vue'
import { openPage } from './page.js'
import { openSite } from './site.js'
import { Account } from './vue-view.js'

const site = await openSite()

void test(`Vue ${version}: server and browser render the initial session without a flash, and every change`, async () => {
  const { createSSRApp } = await import('vue')
  const { renderToString } = await import('vue/server-renderer')
  const initial = await site.initial()
  assert.ok(initial)
  const create = (options: Parameters<typeof createSessionClient>[0]) =>
    createSSRApp(Account).provide(sessionKey, createSessionClient(options))
  assert.match(await renderToString(create({})), /Loading/)
  assert.match(await renderToString(create({ initial: null })), /Sign in/)
  const html = await renderToString(create({ initial }))
  assert.match(html, /Sign out ada@example\.com/)
  await assert.rejects(
    async () => renderToString(createSSRApp(Account)),
    /app\.provide\(sessionKey/,
  )

  const page = openPage(html)
  const app = create({ initial, fetch: site.fetch })
  app.mount(page.root)
  assert.equal(page.text(), 'Sign out ada@example.com')
  assert.deepEqual(site.sent, [])
  page.click()
  await page.shows('Sign in')
  page.click()
  await page.shows('Sign out ada@example.com')
  await sessions.signOut(createSessionClient({ fetch: site.fetch }))
  await page.shows('Sign in')
  assert.equal(page.listeners(), 4)
  app.unmount()
  assert.equal(page.listeners(), 0)
  const scope = effectScope()
  scope.run(() => useSession(createSessionClient({ initial: null })))
  assert.equal(page.listeners(), 4)
  scope.stop()
  assert.equal(page.listeners(), 0)
})
