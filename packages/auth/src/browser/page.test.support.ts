import { vi } from 'vitest'
import { baseUrl } from '../test/site.test.support.js'

/** An event target that knows how many listeners it has. */
class CountingTarget extends EventTarget {
  listeners = 0
  override addEventListener(...args: Parameters<EventTarget['addEventListener']>) {
    this.listeners++
    super.addEventListener(...args)
  }
  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>) {
    this.listeners--
    super.removeEventListener(...args)
  }
}

/** Makes this process a page until `vi.unstubAllGlobals()`: `window` and `document` as far as the client uses them. */
export function openPage() {
  const window = new CountingTarget()
  const document = Object.assign(new CountingTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window))
  let elapsedMs = 0
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + elapsedMs)
  return {
    document,
    window,
    listeners: () => window.listeners + document.listeners,
    focus: () => window.dispatchEvent(new Event('focus')),
    elapse(seconds: number) {
      elapsedMs += seconds * 1000
    },
  }
}

/** A browser with a cookie jar, whose requests reach the handler without a network. All its tabs use the one `fetch`. */
export function openBrowser(handler: (request: Request) => Promise<Response>) {
  const paths: string[] = []
  const held = new Map<string, { handled: () => void; released: Promise<void> }>()
  let cookie = ''
  let isOnline = true
  return {
    /** The method and path of each request. */
    paths,
    fetch: async (input: string | URL | Request, init?: RequestInit) => {
      const url = new URL(String(input), baseUrl)
      const headers = new Headers(init?.headers)
      headers.set('origin', baseUrl)
      if (cookie !== '') headers.set('cookie', cookie)
      const line = `${init?.method} ${url.pathname}`
      paths.push(line)
      if (!isOnline) throw new TypeError('fetch failed')
      const response = await handler(new Request(url, { ...init, headers }))
      for (const set of response.headers.getSetCookie())
        if (/^(?:__Host-)?torii=/.test(set)) cookie = set.split(';', 1)[0] ?? ''
      const hold = held.get(line)
      hold?.handled()
      await hold?.released
      return response
    },
    /** The server handles such requests, but their responses arrive only after `release()`. */
    hold(line: string): { readonly handled: Promise<void>; release(): void } {
      const [handled, released] = [signal(), signal()]
      const own = { handled: handled.give, released: released.given }
      held.set(line, own)
      return {
        handled: handled.given,
        release() {
          if (held.get(line) === own) held.delete(line)
          released.give()
        },
      }
    },
    online(value: boolean) {
      isOnline = value
    },
  }
}

function signal() {
  let give = () => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give: () => give() }
}
