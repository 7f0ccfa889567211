const origin = 'http://localhost:3000'

/** A browser: it keeps cookies, follows no redirect by itself, and sends what belongs to the application to it. */
export function openBrowser(application: (request: Request) => Promise<Response>) {
  const jars = new Map<string, Map<string, string>>()

  async function send(url: URL, init: RequestInit = {}): Promise<Response> {
    const jar = jars.get(url.origin) ?? new Map<string, string>()
    jars.set(url.origin, jar)
    const headers = new Headers(init.headers)
    headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '))
    const request = new Request(url, { ...init, headers, redirect: 'manual' })
    const response = await (url.origin === origin ? application(request) : fetch(request))
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }

  async function visit(path: string, init: RequestInit = {}): Promise<Response> {
    let url = new URL(path, origin)
    let response = await send(url, init)
    for (let step = 0; step < 20; step += 1) {
      const location = response.headers.get('location')
      if (location === null) return response
      url = new URL(location, url)
      // The last redirect leads to the page of the application from which the sign-in began.
      if (url.origin === origin && url.pathname === '/') return response
      response = await send(url)
    }
    throw new Error('redirected in circles')
  }

  return {
    visit,
    /** Sends a form of Auth.js, with its CSRF token. */
    async submit(path: string, fields: Record<string, string> = {}): Promise<Response> {
      const { csrfToken } = (await (await visit('/auth/csrf')).json()) as { csrfToken: string }
      const body = new URLSearchParams({ ...fields, csrfToken, callbackUrl: `${origin}/` })
      return visit(path, { method: 'POST', body })
    },
    /** A request as this browser would send it. */
    request: () =>
      new Request(`${origin}/`, {
        headers: { cookie: [...(jars.get(origin) ?? [])].map((pair) => pair.join('=')).join('; ') },
      }),
    cookies: () => [...(jars.get(origin)?.values() ?? [])],
  }
}
