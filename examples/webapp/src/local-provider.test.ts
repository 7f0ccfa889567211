import assert from 'node:assert/strict'
import { describe, test, vi } from 'vitest'
import type { TestApplication } from './application.test.support.js'
import { startTestApplication, testKeys } from './application.test.support.js'
import { mayHaveLocalProvider } from './local-provider.js'

/** Fills in the provider's form as a browser would, or declines without one, and returns where it sends the browser. */
async function atProvider(start: string, form: Record<string, string> | null): Promise<URL> {
  const page = await fetch(start)
  assert.deepEqual([page.status, page.headers.getSetCookie()], [200, []])
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(
    policy,
    /^default-src 'none'; style-src 'self'; .*form-action 'self' http:\/\/localhost/,
  )
  const decline = /href="([^"]+error=access_denied[^"]*)"/.exec(await page.text())?.[1] ?? ''
  if (form === null) return new URL(decline.replaceAll('&amp;', '&'))
  const body = new URLSearchParams(form)
  const answer = await fetch(start, { method: 'POST', body, redirect: 'manual' })
  assert.equal(answer.status, 303)
  return new URL(answer.headers.get('location') ?? '')
}

/** Starts at the site, and comes back to it as the person of the form. */
async function walk(site: TestApplication, form: Record<string, string> | null) {
  const started = await site.get('/auth/oauth/local/start?redirectTo=/account/security')
  assert.equal(started.status, 303, started.text)
  const back = await atProvider(started.headers.get('location') ?? '', form)
  assert.equal(back.origin, site.url)
  return site.get(back.pathname + back.search, { cookie: started.cookie })
}

describe('the local provider', async () => {
  const site = await startTestApplication()
  const grace = { email: ' Grace@Example.com', name: 'Grace' }

  test('signs in the entered identity, with a verified email address', async () => {
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

  test('returns a user who declines to the site, with the reason', async () => {
    const back = await walk(site, null)
    assert.equal(back.headers.get('location'), '/sign-in?error=declined')
    assert.equal(back.cookie.includes('torii='), false)
  })

  test('has a different host name than the site, since cookies ignore ports', async () => {
    const { headers } = await site.get('/auth/oauth/local/start')
    assert.equal(new URL(headers.get('location') ?? '').hostname, '127.0.0.1')
  })

  test('redirects to the site only', async () => {
    const { headers } = await site.get('/auth/oauth/local/start')
    const start = new URL(headers.get('location') ?? '')
    start.searchParams.set('redirect_uri', 'https://evil.example/callback')
    assert.equal((await fetch(start, { redirect: 'manual' })).status, 400)
  })

  test('asks again without an email address', async () => {
    const { headers } = await site.get('/auth/oauth/local/start')
    const body = new URLSearchParams({ email: 'grace' })
    const answer = await fetch(headers.get('location') ?? '', { method: 'POST', body })
    assert.match(await answer.text(), /role="alert">Enter an email address/)
  })

  test('does not start where NODE_ENV is production', () => {
    assert.equal(mayHaveLocalProvider('http://localhost:3000'), true)
    vi.stubEnv('NODE_ENV', 'production')
    try {
      assert.equal(mayHaveLocalProvider('http://localhost:3000'), false)
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('does not start with a public base URL, or with a configured provider', async () => {
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
