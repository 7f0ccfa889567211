import type { SessionCarrier } from '../http/index.js'

/** Headers of a request that is not the GET of a page: browsers send an Origin with every POST. */
const headersOfPost: readonly string[] = ['origin', 'content-type', 'next-action']

/** Next.js does not give the method. A request that may be a server action must pass the Origin rule. */
export function requestOf(headers: Headers): SessionCarrier {
  const isPost = headersOfPost.some((name) => headers.has(name))
  return { method: isPost ? 'POST' : 'GET', headers }
}
