import type { BodyError } from './body.js'
import { isOutsideBrowser } from './origin.js'
import type { HeaderSource } from './request-token.js'

/** Where the tokens of a sign-in are: in cookies, or in the bodies of requests and answers. */
export type Transport = 'cookie' | 'body'

/** Where a request has the tokens of its sign-in. */
export interface SignInTransport {
  readonly transport: Transport
  /** The token of a pending sign-in that the body holds; null where the cookie counts. */
  readonly pendingToken: string | null
}

/** What counts for browsers, and for every request that does not ask for the other transport. */
export const byCookie: SignInTransport = { transport: 'cookie', pendingToken: null }

type Read = { ok: true; value: SignInTransport } | { ok: false; error: BodyError }

/**
 * Reads where a JSON body wants its tokens: `transport: 'body'`, or the token of a `pending` sign-in, asks for them in the body. No
 * browser gets that: a script that runs in a page could read the token, which the cookie hides from it.
 */
export function readTransport(body: unknown, headers: HeaderSource): Read {
  const pendingToken = textOf(body, 'pending')
  const asks = pendingToken === null ? textOf(body, 'transport') === 'body' : true
  if (!asks) return { ok: true, value: byCookie }
  const field = pendingToken === null ? 'transport' : 'pending'
  if (!isOutsideBrowser(headers)) {
    const message = `${field} is for clients that are no browser: send it without Origin, Sec-Fetch-Site and Cookie.`
    return { ok: false, error: { error: 'invalid_input', field, message } }
  }
  if (pendingToken !== null && textOf(body, 'pendingId') === null) {
    const message = 'pendingId is missing.'
    return { ok: false, error: { error: 'invalid_input', field: 'pendingId', message } }
  }
  return { ok: true, value: { transport: 'body', pendingToken } }
}

/** A member of a body that its schema has checked; null without it. */
export function textOf(body: unknown, name: 'pending' | 'pendingId' | 'transport'): string | null {
  const value: unknown =
    typeof body === 'object' && body !== null
      ? Object.getOwnPropertyDescriptor(body, name)?.value
      : null
  return typeof value === 'string' ? value : null
}
