import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http'
import { request } from 'node:http'
import { afterAll } from 'vitest'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { startApplication } from './application.js'
import { readSettings } from './settings.js'

/** The application over a database of its own, asked as a browser would ask it. */
export interface TestApplication {
  readonly url: string
  readonly db: TestDatabase
  /** Asks for a page or an address; follows nothing. */
  get(
    path: string,
    options?: { cookie?: string; headers?: Record<string, string> },
  ): Promise<Answer>
  /** Sends JSON to one of Torii's routes from the site's own pages. */
  send(method: string, route: string, body: object | null, cookie?: string): Promise<Answer>
  /** Sends a form as a browser without JavaScript does. */
  post(path: string, form: string): Promise<Answer>
  /** Makes an account with a verified address and signs in; returns the cookie. */
  signUp(person: { email: string; name?: string }): Promise<string>
  /** The link of this kind in the newest message of the mailbox. */
  mailedLink(route: string): Promise<string>
}

/** An answer, its body read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The cookies that it sets, as a browser sends them. */
  readonly cookie: string
}

const password = 'seven lanterns at the gate'
export const testKeys = `k1:${randomBytes(32).toString('base64url')}`

/** Starts one for the calling test file; it stops with the file. */
export async function startTestApplication(
  environment: Record<string, string> = {},
): Promise<TestApplication> {
  const db = await testDatabase()
  const application = await startApplication(
    readSettings({ DATABASE_URL: db.url, PORT: '0', TORII_KEYS: testKeys, ...environment }),
  )
  afterAll(() => application.stop())
  const { url, port } = application
  const ask = (method: string, path: string, headers: OutgoingHttpHeaders, body?: string) =>
    exchange({ port, method, path, headers: { host: new URL(url).host, ...headers } }, body)
  const get: TestApplication['get'] = (path, { cookie, headers } = {}) =>
    ask('GET', path, { ...headers, ...(cookie === undefined ? {} : { cookie }) })
  const send: TestApplication['send'] = (method, route, body, cookie) =>
    ask(
      method,
      `/auth/${route}`,
      {
        origin: url,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(cookie === undefined ? {} : { cookie }),
      },
      body === null ? undefined : JSON.stringify(body),
    )
  const mailedLink = async (route: string) => {
    // Mail goes out after the answer.
    for (;;) {
      const { text } = await get('/mailbox')
      const link = new RegExp(`href="([^"]*/auth/${route}\\?token=[^"]*)"`).exec(text)?.[1]
      if (link !== undefined) return link
    }
  }
  return {
    url,
    db,
    get,
    send,
    mailedLink,
    post: (path, form) =>
      ask('POST', path, { origin: url, 'content-type': 'application/x-www-form-urlencoded' }, form),
    async signUp({ email, name }) {
      const registered = await send('POST', 'password/register', { email, password, name })
      assert.equal(registered.status, 202, registered.text)
      const token = new URL(await mailedLink('email/verify')).searchParams.get('token')
      const verified = await send('POST', 'email/verify', { token, password })
      assert.equal(verified.status, 200, verified.text)
      return verified.cookie
    },
  }
}

/** One request; node:http rather than fetch, since a test says which Host it asks for. */
async function exchange(options: RequestOptions, body?: string): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', ...options })
  sent.end(body)
  // What the event is documented to bring.
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  const headers = new Headers()
  for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value))
  const cookies = (response.headers['set-cookie'] ?? []).map((line) => line.split(';')[0])
  return { status: response.statusCode ?? 0, headers, text, cookie: cookies.join('; ') }
}
