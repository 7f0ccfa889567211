import type { IncomingMessage, ServerResponse } from 'node:http'
import { readSection } from '../base/option-checks.js'
import { requireHandler } from '../base/wrong-place.js'
import type { AuthHandler, ConnectionInfo } from './handler.js'
import { BodyAlreadyReadError } from './request/body.js'
import { checkTrustedProxyHops, clientIp } from './request/client-ip.js'
import { errorResponse } from './response/errors.js'

/** How the server is connected to the network. */
export interface NodeHandlerOptions {
  /**
   * How many proxies of yours every request passes, each of which appends to X-Forwarded-For (default: 0,
   * which ignores the header). If the number is too high, clients can choose their own IP address.
   */
  trustedProxyHops?: number
}

/** A request of node:http, or of Express, which keeps the full path in `originalUrl`. */
export type NodeRequest = IncomingMessage & { originalUrl?: string }

/** A listener of node:http and a middleware of Express. */
export type NodeHandler = (
  request: NodeRequest,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => Promise<void>

/** What `createHandler` returns, or a function around it that has the same `basePath`. */
export type FetchHandler = ((request: Request, connection?: ConnectionInfo) => Promise<Response>) &
  Pick<AuthHandler, 'basePath'> &
  Partial<Pick<AuthHandler, 'wellKnownPaths'>>

/**
 * Serves a fetch handler from node:http, and so from Express: `app.use(createNodeHandler(auth))`. Requests
 * outside the handler's `basePath` and `wellKnownPaths` go to `next`; without `next` they are 404. Mount it before `express.json()`
 * and other body parsers: it reads the body itself, within its own limit, and responds with 400 and this
 * advice when another parser has consumed the body, which the log says once as `body_already_read`.
 * @throws InvalidOptionsError
 */
export function createNodeHandler(
  handler: FetchHandler,
  options: NodeHandlerOptions = {},
): NodeHandler {
  requireHandler(handler)
  const { trustedProxyHops = 0 } = readSection(options, '', ['trustedProxyHops'])
  const hops = checkTrustedProxyHops(trustedProxyHops)
  return async (request, response, next) => {
    const target = request.originalUrl ?? request.url ?? '/'
    if (next !== undefined && !isServed(handler, target)) return next()
    const forwarded = request.headers['x-forwarded-for']
    const forwardedFor = Array.isArray(forwarded) ? forwarded.join(',') : forwarded
    const ip = clientIp(request.socket.remoteAddress, forwardedFor, hops)
    try {
      await sendResponse(response, await handler(toFetchRequest(request, target), { ip }))
    } catch (error) {
      if (next === undefined) await sendResponse(response, errorResponse({ error: 'internal' }))
      else next(error)
    }
  }
}

/** Compares the path as it was sent. Every path below the base path that is no route is a 404. */
function isServed({ basePath, wellKnownPaths = [] }: FetchHandler, target: string): boolean {
  const path = pathOf(target)
  return path === basePath || path.startsWith(`${basePath}/`) || wellKnownPaths.includes(path)
}

const pathOf = (target: string): string => target.split('?', 1)[0] ?? ''

/** A placeholder: the site's own host is configured and never taken from a Host header. */
const placeholder = 'http://localhost'

function toFetchRequest(request: NodeRequest, target: string): Request {
  // Pairs, from which the Request makes its Headers: it would copy a Headers object once more.
  const headers: [string, string][] = []
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !name.startsWith(':')) headers.push([name, String(value)])
  // Fetch has no TRACE. No route has either method, so the response is the same.
  const method = request.method === 'TRACE' ? 'PUT' : (request.method ?? 'GET')
  const body = method === 'GET' || method === 'HEAD' ? null : lazyBody(request)
  return new Request(placeholder + plainPath(target), { method, headers, body, duplex: 'half' })
}

/** Segments of letters, digits, `_` and `-`, as all routes have: every URL parser reads them the same way. */
const plainSegments = /^(?:\/[\w-]+)+$/

/** The target, or `/` if a URL parser would read another path from it: no route has a second spelling. */
function plainPath(target: string): string {
  if (plainSegments.test(target)) return target
  const path = pathOf(target)
  const url = URL.canParse(placeholder + target) ? new URL(placeholder + target) : null
  const plain = path.startsWith('/') && url?.origin === placeholder && url.pathname === path
  return plain ? target : '/'
}

/** Reads nothing until the handler does. Stopping early leaves the connection usable for the response. */
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

/** Sends a fetch Response over node:http, unless a response was sent already. */
export async function sendResponse(response: ServerResponse, sent: Response): Promise<void> {
  const body = sent.body === null ? null : Buffer.from(await sent.arrayBuffer())
  if (response.headersSent || response.destroyed) return
  response.statusCode = sent.status
  for (const [name, value] of sent.headers)
    if (name === 'vary') response.appendHeader(name, value)
    else if (name !== 'set-cookie') response.setHeader(name, value)
  const cookies = sent.headers.getSetCookie()
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  response.end(body)
}
