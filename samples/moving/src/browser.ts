import assert from 'node:assert/strict'

export const origin = 'https://app.example'

/** Answers the requests of an application: the handler of Torii or of another library. */
export type Application = (request: Request, info: { ip: string }) => Promise<Response>

/** A browser that keeps cookies, those of another system too, and follows no redirect. */
export function openBrowser(
  application: Application,
  given: ReadonlyMap<string, string> = new Map(),
) {
  const cookies = new Map(given)
  async function send(method: string, path: string, body?: object): Promise<Response> {
    const isForm = body instanceof URLSearchParams
    const headers = new Headers({
      origin,
      'user-agent': 'Test/1.0',
      'sec-fetch-site': 'same-origin',
    })
    if (cookies.size > 0)
      headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '))
    if (body !== undefined && !isForm) headers.set('content-type', 'application/json')
    const init = body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }
    const request = new Request(new URL(path, origin), { method, headers, ...init })
    const response = await application(request, { ip: '192.0.2.1' })
    for (const line of response.headers.getSetCookie()) keep(line)
    return response
  }
  function keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
  return { cookies, send, keep }
}

export type Browser = ReturnType<typeof openBrowser>

/** The address of the signed-in user; null without one. */
export async function emailIn(browser: Browser): Promise<string | null> {
  const response = await browser.send('GET', '/auth/session')
  if (response.status === 401) return null
  assert.equal(response.status, 200)
  const { user } = (await response.json()) as { user: { email: string } }
  return user.email
}

/** The cookies of another system sign a user in at Torii: six requests at once get one session, and after signing out there is none. */
export async function assertStays(
  torii: Application,
  cookies: ReadonlyMap<string, string>,
  email: string,
): Promise<void> {
  const browsers = Array.from({ length: 6 }, () => openBrowser(torii, cookies))
  const emails = await Promise.all(browsers.map(emailIn))
  assert.deepEqual(
    emails,
    Array.from({ length: 6 }, () => email),
  )
  const own = new Set(browsers.map((browser) => browser.cookies.get('__Host-torii')))
  assert.equal(own.size, 1)
  assert.ok(!own.has(undefined))
  const [first = assert.fail(), second = assert.fail()] = browsers
  assert.equal((await first.send('POST', '/auth/sign-out')).status, 204)
  for (const browser of [first, second, openBrowser(torii, cookies)])
    assert.equal(await emailIn(browser), null)
}
