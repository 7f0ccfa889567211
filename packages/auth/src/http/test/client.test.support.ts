import assert from 'node:assert/strict'
import type { UserId } from 'torii-core'
import { baseUrl, goodPassword, newEmail } from '../../test/site.test.support.js'
import type { ConnectionInfo } from '../handler.js'
import { describeApi } from '../routes/openapi.js'
import { routes } from '../routes/routes.js'
import type { Session, User } from '../schema/response-bodies.js'
import { createResponseValidator } from './documented.test.support.js'

type FetchHandler = (request: Request, connection?: ConnectionInfo) => Promise<Response>

interface Sent {
  /** Sent as JSON, unless it is a text or bytes: then as they are, still called JSON. */
  body?: unknown
  cookie?: string
  bearer?: string
  headers?: Record<string, string>
  ip?: string
}

/** Every member that some answer has. A test that reads one the answer lacks sees undefined, and fails. */
export interface Answer {
  user: Omit<User, 'id'> & { readonly id: UserId }
  session: Session
  sessions: Answer['session'][]
  error: string
  message: string
  field?: string
  reason?: string
}

export const parse = (text: string): Answer => JSON.parse(text) as Answer

/** What came back, read. */
export interface Received {
  status: number
  headers: Headers
  json: Answer
  text: string
  /** `name=value` of Set-Cookie, to send back. */
  cookie: string
}

const validateResponse = createResponseValidator(
  describeApi(routes, { origin: baseUrl, basePath: '/auth', cookieName: '__Host-torii' }),
)

/** Sends requests to the handler as a browser on the site's own pages would; every answer must fit the document. */
export const browser =
  (handler: FetchHandler, origin = baseUrl) =>
  async (method: string, path: string, sent: Sent = {}): Promise<Received> => {
    const headers = new Headers({ origin, 'user-agent': 'Browser/1.0' })
    if (sent.body !== undefined) headers.set('content-type', 'application/json')
    if (sent.cookie !== undefined) headers.set('cookie', sent.cookie)
    if (sent.bearer !== undefined) headers.set('authorization', `Bearer ${sent.bearer}`)
    for (const [name, value] of Object.entries(sent.headers ?? {}))
      value === '' ? headers.delete(name) : headers.set(name, value)
    const request = new Request(`${origin}${path}`, { method, headers, body: bodyOf(sent.body) })
    const received = await read(await handler(request, { ip: sent.ip ?? '203.0.113.7' }))
    const { pathname } = new URL(request.url)
    const contentType = received.headers.get('content-type')
    assert.equal(
      validateResponse({ method, pathname, contentType, ...received }),
      null,
      `${method} ${path}`,
    )
    return received
  }

function bodyOf(body: unknown): string | Uint8Array<ArrayBuffer> | null {
  if (body === undefined) return null
  // Only byte arrays are sent by the tests.
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>
  return typeof body === 'string' ? body : JSON.stringify(body)
}

async function read(response: Response): Promise<Received> {
  const text = await response.text()
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return {
    status: response.status,
    headers: response.headers,
    json: parse(isJson && text !== '' ? text : '{}'),
    text,
    cookie: response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '',
  }
}

/** Registers someone new, and answers with what the browser then holds. */
export async function signUp(send: ReturnType<typeof browser>, email = newEmail()) {
  const made = await send('POST', '/auth/password/register', {
    body: { email, password: goodPassword },
  })
  assert.equal(made.status, 201, made.text)
  return { email, cookie: made.cookie, user: made.json.user, session: made.json.session }
}

/** The token in `name=value`. */
export const tokenIn = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1)
