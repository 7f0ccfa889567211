import assert from 'node:assert/strict'
import { baseUrl } from '../../test/site.test.support.js'
import type { AuthHandler } from '../index.js'
import type { ResponseValidator } from './documented.test.support.js'
import { createResponseValidator } from './documented.test.support.js'

const validators = new WeakMap<AuthHandler, Promise<ResponseValidator>>()

/** The validator of answers by the OpenAPI document that the handler serves. */
function validatorOf(handler: AuthHandler): Promise<ResponseValidator> {
  const known = validators.get(handler)
  if (known !== undefined) return known
  const made = handler(new Request(`${baseUrl}/auth/openapi.json`))
    .then((response) => response.json())
    .then((document) => createResponseValidator(document as object))
  validators.set(handler, made)
  return made
}

/** A browser: it keeps the cookies that it is given. Every answer must fit the OpenAPI document. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #handler: AuthHandler
  readonly #ip: string | null

  constructor(handler: AuthHandler, ip: string | null) {
    this.#handler = handler
    this.#ip = ip
  }

  async send(method: string, path: string, body?: object | URLSearchParams): Promise<Response> {
    const headers = new Headers({ origin: baseUrl, 'user-agent': 'Test/1.0' })
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    if (cookie !== '') headers.set('cookie', cookie)
    if (body !== undefined && !(body instanceof URLSearchParams))
      headers.set('content-type', 'application/json')
    const init = {
      method,
      headers,
      ...(body === undefined
        ? {}
        : { body: body instanceof URLSearchParams ? body : JSON.stringify(body) }),
    }
    const request = new Request(`${baseUrl}/auth/${path}`, init)
    const response = await this.#handler(request, { ip: this.#ip })
    const validate = await validatorOf(this.#handler)
    const { pathname } = new URL(request.url)
    const { status } = response
    const contentType = response.headers.get('content-type')
    const text = await response.clone().text()
    const problem = validate({ method, pathname, status, contentType, text })
    assert.equal(problem, null, `${method} ${path}`)
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (/Max-Age=0/.test(set)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }

  get session(): string | undefined {
    return this.cookies.get('__Host-torii')
  }

  get pending(): string | undefined {
    return this.cookies.get('__Host-torii-pending')
  }
}
