import type { Session, SessionToken } from 'torii-core'
import { cookieName } from '../http/request/cookie.js'
import type { ResolvedOptions } from '../services/options/options.js'

/** A live session, and what a client of it sends. */
export interface TestSession {
  readonly session: Session
  readonly token: SessionToken
  /** The header `Cookie` of a browser: `NAME=TOKEN`. */
  readonly cookie: string
  /** The header `Authorization` of a client without cookies: `Bearer TOKEN`. */
  readonly authorization: string
  /** The headers of a page of `baseUrl`: the cookie, and the origin that unsafe methods need with it. */
  readonly headers: Readonly<Record<'cookie' | 'origin', string>>
  /** A request with these headers, for a server in this process. A path is one of `baseUrl`. */
  request(url: string | URL, init?: RequestInit): Request
  /** Sends a request with these headers. A path is one of `baseUrl`; the cookie is sent wherever the URL leads. */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>
}

/** Returns what a client of this session sends. Headers of `init` replace those of the session. */
export function testSession(
  { baseUrl, cookie: cookies }: Pick<ResolvedOptions, 'baseUrl' | 'cookie'>,
  { session, token }: Pick<TestSession, 'session' | 'token'>,
): TestSession {
  const cookie = `${cookieName(cookies)}=${token.reveal()}`
  const headers = Object.freeze({ cookie, origin: baseUrl.origin })
  const locate = (url: string | URL) => new URL(url, baseUrl.origin)
  const complete = (init: RequestInit = {}): RequestInit => {
    const given = new Headers(init.headers)
    return { ...init, headers: { ...headers, ...Object.fromEntries(given) } }
  }
  return {
    session,
    token,
    cookie,
    authorization: `Bearer ${token.reveal()}`,
    headers,
    request: (url, init) => new Request(locate(url), complete(init)),
    fetch: (url, init) => fetch(locate(url), complete(init)),
  }
}
