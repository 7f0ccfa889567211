import assert from 'node:assert/strict'
import { after } from 'node:test'
import { Torii } from 'torii-auth'
import { createClient, password } from 'torii-auth/browser'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'

export const origin = 'https://app.example'

/** Opens Torii on an embedded database, with one user who is signed in, in a browser whose requests need no network. */
export async function openSite() {
  const storage = await PostgresStorage.connect('pglite:')
  after(() => storage.close())
  await storage.migrate()
  const auth = createHandler(new Torii(storage, { baseUrl: origin }))
  let cookie = ''
  const sent: string[] = []
  const browserFetch = async (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(String(input), origin)
    const headers = new Headers(init?.headers)
    headers.set('origin', origin)
    headers.set('cookie', cookie)
    sent.push(`${init?.method} ${url.pathname}`)
    const response = await auth(new Request(url, { ...init, headers }))
    for (const set of response.headers.getSetCookie())
      if (set.startsWith('__Host-torii=')) cookie = set.split(';', 1)[0] ?? ''
    return response
  }
  const person = { email: 'ada@example.com', password: 'a gate of two pillars' }
  const made = await password.register(createClient({ fetch: browserFetch }), person)
  assert.equal(made.status, 'signed_in')
  sent.length = 0
  return {
    fetch: browserFetch,
    /** The requests since the user was registered. */
    sent,
    /** What the server knows when it renders a page for the browser. */
    initial: async () =>
      auth.initialSession(await auth.getSession(new Request(origin, { headers: { cookie } }))),
  }
}
