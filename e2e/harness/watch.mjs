/** Records everything that must not happen on a page. A journey declares the errors that it expects. */
import { setTimeout } from 'node:timers/promises'
import { createResponseValidator } from '../../packages/auth/dist/http/test/documented.test.support.js'

/** A validator with the OpenAPI document that the running application serves. */
export async function validatorOf(site) {
  return createResponseValidator(await (await fetch(`${site.url}/auth/openapi.json`)).json())
}

/** How long responses may still arrive after a journey has ended. */
const graceMs = 2000

/** Chromium prints this for every status of 400 and above; the responses themselves are checked. */
const aboutStatus = /^Failed to load resource: the server responded with a status of/

/** @returns `expect` for the journey, and the recorded problems */
export function watch(context, { site, validateResponse, counts, tolerates }) {
  const problems = []
  const expected = []
  const pending = new Set()
  const note = (problem) => {
    if (tolerates?.test(problem) !== true) problems.push(problem)
  }
  // A body that the page does not read completely never finishes.
  let leave
  const left = new Promise((resolve) => {
    leave = () => resolve(null)
  })
  context.on('weberror', (error) => note(`error on a page: ${error.error().stack}`))
  context.on('console', (message) => {
    const text = message.text()
    if (['error', 'warning'].includes(message.type()) && !aboutStatus.test(text))
      note(`console: ${text}`)
  })
  context.on('requestfailed', (request) => {
    // Leaving a page cancels its requests.
    const why = request.failure()?.errorText
    if (why !== 'net::ERR_ABORTED') note(`${request.method()} ${request.url()}: ${why}`)
  })
  context.on('response', (response) => {
    const work = check(response)
    pending.add(work)
    void work.finally(() => pending.delete(work))
  })

  async function check(response) {
    const request = response.request()
    const url = new URL(response.url())
    const method = request.method()
    const status = response.status()
    const at = expected.findIndex(
      (one) => one.status === status && one.method === method && one.path === url.pathname,
    )
    if (at >= 0) expected.splice(at, 1)
    else if (status >= 400) note(`${method} ${url.pathname}: status ${status}`)
    if (url.origin === site.url && url.pathname.startsWith('/auth/'))
      await validateAnswer(response, method, url.pathname, status)
  }

  async function validateAnswer(response, method, pathname, status) {
    const contentType = (await response.headerValue('content-type')) ?? null
    const isRedirect = status >= 300 && status < 400
    // The body of a response is lost together with its page.
    const text = isRedirect ? '' : await Promise.race([response.text().catch(() => null), left])
    if (text === null) return
    const problem = validateResponse({ method, pathname, status, contentType, text })
    if (problem !== null)
      note(`${method} ${pathname} does not fit the OpenAPI document: ${problem}`)
    counts.validated += 1
  }

  return {
    /** Declares that the next such response is expected. */
    expect: (status, method, path) => expected.push({ status, method, path }),
    /** Waits until the answers so far are checked: their bodies are lost together with the page. */
    read: () =>
      Promise.race([Promise.all(pending), setTimeout(graceMs, undefined, { ref: false })]),
    /** All problems, and all expected responses that did not arrive. */
    async problems() {
      await this.read()
      leave()
      await Promise.all(pending)
      const missing = expected.map(
        ({ status, method, path }) => `${method} ${path}: no status ${status}`,
      )
      return [...problems, ...missing]
    },
  }
}
