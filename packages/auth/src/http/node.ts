import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ConnectionInfo } from './handler.js'
import { BodyAlreadyReadError } from './request/body.js'
import { checkTrustedProxyHops, clientIp } from './request/client-ip.js'
import { errorResponse } from './response/errors.js'
import { basePath } from './routes/route-match.js'

/** How the server stands in the network. */
export interface NodeHandlerOptions {
  /**
   * Proxies of yours that every request passes, each of which appends to X-Forwarded-For (default: 0,
   * the header is ignored). One too many, and clients choose their own address.
   */
  trustedProxyHops?: number
}

/** A request of node:http, or of Express, which keeps the path before mounting in `originalUrl`. */
type NodeRequest = IncomingMessage & { originalUrl?: string }

/** Listener of node:http and middleware of Express. */
export type NodeHandler = (
  request: NodeRequest,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => Promise<void>

/**
 * Serves a fetch handler from node:http, so also from Express: `app.use(createNodeHandler(auth))`.
 * Paths outside `/auth` go to `next` when there is one, else they are 404. Mount it before
 * `express.json()` and other body parsers: it reads the body itself, within its own limit, and answers
 * 400 with that advice when the body is gone.
 * @throws InvalidOptionsError
 */
export function createNodeHandler(
  handler: (request: Request, connection?: ConnectionInfo) => Promise<Response>,
  { trustedProxyHops = 0 }: NodeHandlerOptions = {},
): NodeHandler {
  const hops = checkTrustedProxyHops(trustedProxyHops)
  return async (request, response, next) => {
    const target = request.originalUrl ?? request.url ?? '/'
    if (next !== undefined && !isOurs(target)) return next()
    const forwarded = request.headers['x-forwarded-for']
    const forwardedFor = Array.isArray(forwarded) ? forwarded.join(',') : forwarded
    const ip = clientIp(request.socket.remoteAddress, forwardedFor, hops)
    try {
      await send(response, await handler(toFetchRequest(request, target), { ip }))
    } catch (error) {
      if (next === undefined) await send(response, errorResponse({ error: 'internal' }))
      else next(error)
    }
  }
}

/** Judged on the text as it was sent; whatever else lies below `/auth` is answered 404. */
function isOurs(target: string): boolean {
  const path = pathOf(target)
  return path === basePath || path.startsWith(`${basePath}/`)
}

const pathOf = (target: string): string => target.split('?', 1)[0] ?? ''

/** The host in it is a placeholder: which site this is, is configured, never taken from a Host header. */
const placeholder = 'http://localhost'

function toFetchRequest(request: NodeRequest, target: string): Request {
  // Pairs, which the Request makes its Headers of: a Headers object would be copied once more.
  const headers: [string, string][] = []
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !name.startsWith(':')) headers.push([name, String(value)])
  // Fetch knows no TRACE; no route has either method, so the answer is the same.
  const method = request.method === 'TRACE' ? 'OPTIONS' : (request.method ?? 'GET')
  const body = method === 'GET' || method === 'HEAD' ? null : lazyBody(request)
  return new Request(placeholder + plainPath(target), { method, headers, body, duplex: 'half' })
}

/** Segments of letters, digits, `_` and `-`, as all routes have: no URL parser reads them in another way. */
const plainSegments = /^(?:\/[\w-]+)+$/

/** The target, unless a URL parser would read another path out of it: no route has a second spelling. */
function plainPath(target: string): string {
  if (plainSegments.test(target)) return target
  const path = pathOf(target)
  const url = URL.canParse(placeholder + target) ? new URL(placeholder + target) : null
  const plain = path.startsWith('/') && url?.origin === placeholder && url.pathname === path
  return plain ? target : '/'
}

/** Nothing is read until somebody asks, and ending early leaves the connection usable for the answer. */
function lazyBody(request: IncomingMessage): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined
  return new ReadableStream(
    {
      async pull(controller) {
        if (chunks === undefined && request.readableDidRead) throw new BodyAlreadyReadError()
        chunks ??= request.iterator({ destroyOnReturn: false })
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(Buffer.from(value))
      },
      async cancel() {
        await chunks?.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  const body = answer.body === null ? null : Buffer.from(await answer.arrayBuffer())
  if (response.headersSent || response.destroyed) return
  response.statusCode = answer.status
  for (const [name, value] of answer.headers)
    if (name !== 'set-cookie') response.setHeader(name, value)
  const cookies = answer.headers.getSetCookie()
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  response.end(body)
}
