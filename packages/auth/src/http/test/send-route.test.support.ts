import type { Torii } from '../../index.js'
import { baseUrl } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import type { RouteInput, RouteRequest } from './route-requests.test.support.js'
import { routeOf } from './route-requests.test.support.js'
import type { Visitor } from './route-site.test.support.js'

/** Sends a request of a route, as its visitor. */
export type SendRoute = (request: RouteRequest) => Promise<Response>

/** Sends requests of one route from one IP address. `cookies` are those that the browser has from before. */
export function createSendRoute(
  torii: Torii,
  entry: string,
  { signedIn }: Pick<RouteInput, 'signedIn'>,
  { visitor, ip, cookies = [] }: { visitor: Visitor; ip: string; cookies?: readonly string[] },
): SendRoute {
  const handler = createHandler(torii)
  const [method = ''] = routeOf(entry).split(' ')
  return (request) => {
    const headers = new Headers({ origin: baseUrl, 'user-agent': 'Test/1.0' })
    if (signedIn === true) headers.set('authorization', `Bearer ${visitor.token}`)
    const cookie = [...cookies, ...(request.cookie === undefined ? [] : [request.cookie])]
    if (cookie.length > 0) headers.set('cookie', cookie.join('; '))
    const type = request.form === undefined ? 'application/json' : formType
    if (request.body !== undefined || request.form !== undefined) headers.set('content-type', type)
    const url = `${baseUrl}/auth/${request.path}`
    return handler(new Request(url, { method, headers, body: bodyOf(request) }), { ip })
  }
}

const formType = 'application/x-www-form-urlencoded'

function bodyOf({ body, form }: RouteRequest): string | null {
  if (form !== undefined) return new URLSearchParams(form).toString()
  return body === undefined ? null : JSON.stringify(body)
}
