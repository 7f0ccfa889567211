import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import type { TestApplication } from '../application.test.support.js'
import { startTestApplication, testKeys } from '../application.test.support.js'

/** Goes to the provider as a browser would, fills in its form, and returns where it sends the browser. */
async function atProvider(start: string, form: Record<string, string>): Promise<URL> {
  const cookies = new Map<string, string>()
  let [url, body]: [URL, URLSearchParams | null] = [new URL(start), null]
  const { origin } = url
  for (let step = 0; step < 10; step += 1) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const method = body === null ? 'GET' : 'POST'
    const response: Response = await fetch(url, {
      method,
      body,
      redirect: 'manual',
      headers: { cookie },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const page = await response.text()
    const location = response.headers.get('location')
    const action = /action="([^"]+)"/.exec(page)?.[1]
    if (location === null && action === undefined)
      throw new Error(`stopped with ${response.status}`)
    url = new URL(location ?? action ?? '', url)
    body = location === null ? new URLSearchParams(form) : null
    if (url.origin !== origin) return url
  }
  throw new Error('the provider sends its people in circles')
}

/** Starts at the site, and comes back to it as the person of the form. */
async function walk(site: TestApplication, form: Record<string, string>) {
  const started = await site.get('/auth/oauth/local/start?redirectTo=/account/security')
  assert.equal(started.status, 303, started.text)
  const back = await atProvider(started.headers.get('location') ?? '', form)
  assert.equal(back.origin, site.url)
  return site.get(back.pathname + back.search, { cookie: started.cookie })
}

describe('the local provider', async () => {
  const site = await startTestApplication()
  const grace = { answer: 'yes', email: ' Grace@Example.com', name: 'Grace' }

  test('signs in whom the person says to be, with the address as verified', async () => {
    const back = await walk(site, grace)
    assert.equal(back.headers.get('location'), '/account/security')
    const { text } = await site.get('/auth/session', { cookie: back.cookie })
    const { user } = JSON.parse(text)
    assert.deepEqual(
      [user.email, user.emailVerified, user.name],
      ['grace@example.com', true, 'Grace'],
    )
    const again = await walk(site, { ...grace, name: 'Someone else' })
    const second = JSON.parse((await site.get('/auth/session', { cookie: again.cookie })).text)
    assert.equal(second.user.id, user.id)
  })

  test('sends back whoever declines, with the reason', async () => {
    const back = await walk(site, { answer: 'no' })
    assert.equal(back.headers.get('location'), '/sign-in?error=declined')
    assert.equal(back.cookie.includes('torii='), false)
  })

  test('is under another name than the site, since cookies know no ports', async () => {
    const { headers } = await site.get('/auth/oauth/local/start')
    assert.equal(new URL(headers.get('location') ?? '').hostname, '127.0.0.1')
  })

  test('sends nobody anywhere but to the site', async () => {
    const { headers } = await site.get('/auth/oauth/local/start')
    const start = new URL(headers.get('location') ?? '')
    start.searchParams.set('redirect_uri', 'https://evil.example/callback')
    assert.equal((await fetch(start, { redirect: 'manual' })).status, 400)
  })

  test('is not started under a public base URL, or beside a provider that was named', async () => {
    const settings: Record<string, string>[] = [
      { BASE_URL: 'https://app.example', TORII_KEYS: testKeys },
      { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'torii', OIDC_NAME: 'acme-work' },
    ]
    const offered = await Promise.all(
      settings.map(async (environment) => {
        const { text } = await (await startTestApplication(environment)).get(
          '/auth/oauth/providers',
        )
        return JSON.parse(text).providers
      }),
    )
    assert.deepEqual(offered, [[], [{ id: 'acme-work', name: 'Acme work' }]])
  })
})
