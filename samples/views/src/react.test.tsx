import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StrictMode, version } from 'react'
import { renderToString } from 'react-dom/server'
import { createSessionClient, sessions } from 'torii-auth/browser'
import { useSession } from 'torii-auth/react'
import { openPage } from './page.js'
import { App } from './react-view.js'
import { openSite } from './site.js'

const site = await openSite()

void test(`React ${version}: server and browser render the initial session without a flash, and every change`, async () => {
  assert.match(renderToString(<App />), /Loading/)
  const initial = await site.initial()
  assert.ok(initial)
  const options = { initial, fetch: site.fetch }
  const html = renderToString(<App {...options} />)
  assert.match(html, /Sign out .*ada@example\.com/)
  assert.match(renderToString(<App initial={null} />), /Sign in/)

  const page = openPage(html)
  const { hydrateRoot } = await import('react-dom/client')
  const complaints: unknown[] = []
  const view = (
    <StrictMode>
      <App {...options} />
    </StrictMode>
  )
  const root = hydrateRoot(page.root, view, {
    onRecoverableError: (error) => complaints.push(error),
  })
  const shown = new Set([page.text()])
  const observer = new window.MutationObserver(() => shown.add(page.text()))
  observer.observe(page.root, { childList: true, subtree: true, characterData: true })
  while (page.listeners() === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  assert.deepEqual([...shown], ['Sign out ada@example.com'])
  assert.deepEqual([site.sent, complaints], [[], []])
  page.click()
  await page.shows('Sign in')
  page.click()
  await page.shows('Sign out ada@example.com')
  const otherTab = createSessionClient({ fetch: site.fetch })
  await sessions.signOut(otherTab)
  await page.shows('Sign in')
  root.unmount()
  while (page.listeners() > 0) await new Promise((resolve) => setTimeout(resolve, 2))
})

void test(`React ${version}: useSession(client) needs no provider, and without a client says what to do`, async () => {
  const client = createSessionClient({ initial: null })
  const Status = ({ own }: { own?: typeof client }) => <p>{useSession(own).status}</p>
  assert.match(renderToString(<Status own={client} />), /signed_out/)
  assert.throws(() => renderToString(<Status />), /render inside <SessionProvider>/)
})
