import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from 'svelte/server'
import { createSessionClient } from 'torii-auth/browser'
import { openSite } from './site.js'
import { compileAccount, version } from './svelte-component.js'

const site = await openSite()

void test(`Svelte ${version}: the server renders the initial session, and requests nothing`, async () => {
  const Account = await compileAccount('server')
  const initial = await site.initial()
  const rendered = (options: Parameters<typeof createSessionClient>[0]) =>
    render(Account, { props: { client: createSessionClient(options) } }).body
  assert.match(rendered({ fetch: site.fetch }), /Loading/)
  assert.match(rendered({ initial }), /Sign out ada@example\.com/)
  assert.match(rendered({ initial: null }), /Sign in/)
  assert.deepEqual(site.sent, [])
})
