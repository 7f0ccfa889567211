import assert from 'node:assert/strict'
import type { UserId } from 'torii-core'
import type { browser } from './client.test.support.js'

type Send = ReturnType<typeof browser>

/** A flow that a browser has started at a provider. */
export interface StartedFlow {
  /** The parameters that the provider received. */
  readonly parameters: URLSearchParams
  /** The browser's cookie. */
  readonly cookie: string
}

/** Starts a sign-in over HTTP. */
export async function startAt(send: Send, provider: string): Promise<StartedFlow> {
  const started = await send('GET', `/auth/oauth/${provider}/start`)
  assert.equal(started.status, 303, started.text)
  const { searchParams } = new URL(started.headers.get('location') ?? '')
  return { parameters: searchParams, cookie: started.cookie }
}

/** Returns to the callback with a code, as the browser of this flow. */
export function returnTo(send: Send, provider: string, { parameters, cookie }: StartedFlow) {
  const query = new URLSearchParams({ code: 'a-code', state: parameters.get('state') ?? '' })
  return send('GET', `/auth/oauth/${provider}/callback?${query}`, { cookie })
}

/** Walks a whole flow at a provider of the test and returns the account that it signed in to. */
export async function signInAt(
  send: Send,
  provider: string,
  answer: (nonce: string) => Promise<void> | void,
): Promise<{ id: UserId; email: string | null; emailVerified: boolean; name: string | null }> {
  const flow = await startAt(send, provider)
  await answer(flow.parameters.get('nonce') ?? '')
  const returned = await returnTo(send, provider, flow)
  assert.deepEqual([returned.status, returned.headers.get('location')], [303, '/'])
  const { json } = await send('GET', '/auth/session', { cookie: returned.cookie })
  return json.user
}
