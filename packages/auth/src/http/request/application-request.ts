import { InvalidInputError } from 'torii-core'
import { checkTrustedProxyHops, clientIp } from './client-ip.js'
import type { HeaderSource } from './request-token.js'
import { readHeader } from './request-token.js'

/** The parts of an application's own request that are read: a fetch Request, or one of node:http, Express or Fastify. */
export interface SessionCarrier {
  /** Without a method, the request must pass the Origin rule like one that changes something. */
  readonly method?: string | undefined
  readonly headers: HeaderSource
}

/** A request of an application: of fetch, node:http, Express or Fastify, or the context of Hono. */
export type ApplicationRequest = SessionCarrier | { readonly req: { readonly raw: SessionCarrier } }

/** How the IP address of a request is known. */
export interface RequestInfoOptions {
  /** The client's IP address, where the request does not have it: a fetch Request has none. */
  readonly ip?: string | null
  /**
   * How many proxies of yours append to X-Forwarded-For (default: the setting `trust proxy` of Express or `trustProxy` of
   * Fastify; elsewhere 0, which ignores the header). If the number is too high, clients can choose their own IP address.
   */
  readonly trustedProxyHops?: number
}

/** Returns the part of a request that has its headers. @throws InvalidInputError for anything that is no request */
export function carrierOf(request: ApplicationRequest): SessionCarrier {
  const carrier = isHonoContext(request) ? request.req.raw : request
  if (typeof member(carrier, 'headers') !== 'object' || member(carrier, 'headers') === null)
    throw new InvalidInputError(
      'request',
      'must be a request of fetch, node:http, Express or Fastify, or the context of Hono',
    )
  return carrier
}

/**
 * Returns the client's IP address, or null if it is unknown: the given one, or that of the socket or of the framework. A
 * header is read only for trusted proxies.
 */
export function ipOf(
  request: ApplicationRequest,
  { ip, trustedProxyHops }: RequestInfoOptions,
): string | null {
  if (ip !== undefined) return ip
  const address = socketAddressOf(request)
  if (trustedProxyHops !== undefined) {
    const hops = checkTrustedProxyHops(trustedProxyHops)
    const forwardedFor = readHeader(carrierOf(request).headers, 'x-forwarded-for') ?? undefined
    return clientIp(address, forwardedFor, hops)
  }
  // Express and Fastify compute it by their own setting for proxies.
  const computed = isHonoContext(request) ? undefined : member(request, 'ip')
  return typeof computed === 'string' ? computed : (address ?? null)
}

/** The socket of node:http; within the request of Fastify, and within the bindings of Hono on Node.js. */
function socketAddressOf(request: ApplicationRequest): string | undefined {
  const bindings = member(request, 'env')
  const holders = [request, member(request, 'raw'), member(bindings, 'incoming')]
  const addresses = holders.map((holder) => member(member(holder, 'socket'), 'remoteAddress'))
  return addresses.find((address) => typeof address === 'string')
}

const isHonoContext = (
  request: ApplicationRequest,
): request is { readonly req: { readonly raw: SessionCarrier } } =>
  typeof member(member(request, 'req'), 'raw') === 'object'

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
