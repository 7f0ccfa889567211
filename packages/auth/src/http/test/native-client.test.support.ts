import assert from 'node:assert/strict'
import { goodPassword } from '../../test/site.test.support.js'
import type { AuthHandler } from '../index.js'
import { browser } from './client.test.support.js'
import { newInfo } from './route-site.test.support.js'

/** Members of the answers of these routes. */
export interface Answered {
  readonly token?: string
  readonly pending?: string
  readonly pendingId: string
  readonly factors: readonly string[]
  readonly error?: string
  readonly field?: string
  readonly message?: string
  readonly triesLeft?: number
  readonly session: { readonly id: string; readonly level: number }
  readonly user: { readonly email: string }
  readonly challengeId: string
  readonly options: { readonly challenge: string }
  readonly uri: string
  readonly recoveryCodes: readonly string[]
}

/** What a native application sends: no cookie, and none of the headers of a browser. Every answer must fit the document. */
export const nativeClient = (by: AuthHandler) => {
  const send = browser(by)
  const { ip } = newInfo()
  return async (method: string, path: string, body?: object, bearer?: string) => {
    const credentials = bearer === undefined ? {} : { bearer }
    const sent = { body, ip, headers: { origin: '' }, ...credentials }
    const { status, headers, text } = await send(method, `/auth/${path}`, sent)
    assert.deepEqual(headers.getSetCookie(), [])
    return { status, json: JSON.parse(text === '' ? '{}' : text) as Answered }
  }
}

export const transport = 'body'

/** A native application whose user has proved the password. */
export async function halfwayOutside(
  { email }: { readonly email: string },
  send: ReturnType<typeof nativeClient>,
) {
  const body = { email, password: goodPassword, transport }
  const { status, json } = await send('POST', 'password/authenticate', body)
  assert.deepEqual([status, json.error], [401, 'second_factor_required'])
  const { pendingId, pending = assert.fail() } = json
  return { send, pendingId, pending }
}
