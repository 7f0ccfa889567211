/** Notes everything that must not happen on a page. A journey says beforehand which refusals it provokes. */
import { createResponseValidator } from '../../packages/auth/dist/http/test/documented.test.support.js'

/** A judge over the document that the running application serves. */
export async function validatorOf(site) {
  return createResponseValidator(await (await fetch(`${site.url}/auth/openapi.json`)).json())
}

/** How long answers may still be on their way when a journey has ended. */
const graceMs = 2000

/** What Chromium prints for every answer of 400 and above; the answers themselves are watched. */
const aboutStatus = /^Failed to load resource: the server responded with a status of/

/** @returns what the journey may expect, and the problems that it met */
export function watch(context, { site, validateResponse, counts }) {
  const problems = []
  const expected = []
  const pending = new Set()
  const note = (problem) => problems.push(problem)
  // A body that no page reads to its end never arrives.
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
    // A page that is left takes its requests along.
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
    // The body of an answer is gone with the page that asked for it.
    const text = isRedirect ? '' : await Promise.race([response.text().catch(() => null), left])
    if (text === null) return
    const problem = validateResponse({ method, pathname, status, contentType, text })
    if (problem !== null)
      note(`${method} ${pathname} does not fit the OpenAPI document: ${problem}`)
    counts.validated += 1
  }

  return {
    /** The next such answer is what the journey is about. */
    expect: (status, method, path) => expected.push({ status, method, path }),
    /** Everything that went wrong, and every expected refusal that did not come. */
    async problems() {
      const grace = setTimeout(leave, graceMs)
      await Promise.all(pending)
      clearTimeout(grace)
      const missing = expected.map(
        ({ status, method, path }) => `${method} ${path}: no status ${status}`,
      )
      return [...problems, ...missing]
    },
  }
}
