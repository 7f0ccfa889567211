/** What a browser does in a flow of several requests: keeps the cookies and reads where it is sent. */
export function createBrowser(handle, base) {
  const cookies = new Map()
  return {
    async request(path, { method = 'GET', form, json } = {}) {
      const headers = new Headers({ origin: new URL(base).origin })
      if (cookies.size > 0)
        headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
      let body = null
      if (form !== undefined) body = new URLSearchParams(form)
      if (json !== undefined) {
        headers.set('content-type', 'application/json')
        body = JSON.stringify(json)
      }
      const response = await handle(new Request(base + path, { method, headers, body }))
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      return response
    },
    has: (name) => (cookies.get(name) ?? '') !== '',
  }
}

/** Where a response sends the browser. @throws Error when it does not */
export function locationOf(response) {
  const location = response.headers.get('location')
  if (location === null) throw new Error(`status ${response.status} and no location`)
  return location
}
