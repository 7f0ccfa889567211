import type { PageParts } from '../pages/page.js'
import { pageResponse } from '../pages/page.js'
import type { ApiError } from '../response/errors.js'
import { errorResponse } from '../response/errors.js'
import type { Failure, Success } from './results.js'
import type { Responses } from './route.js'

/** Renders an error: as JSON, or as a page. */
export type RenderError = (error: ApiError) => Response

/** Renders the response for a route's result, as the route's `responses` declare it. */
export function renderResult(
  responses: Responses,
  result: Success | Failure,
  renderError: RenderError = errorResponse,
): Response {
  if (!result.ok) return renderError(result.error)
  const response = contentResponse(responses, result)
  for (const [name, value] of Object.entries(result.headers ?? {}))
    response.headers.set(name, value)
  for (const cookie of result.setCookies ?? []) response.headers.append('set-cookie', cookie)
  return response
}

function contentResponse(responses: Responses, { status, body }: Success): Response {
  switch (responses[status]) {
    case undefined:
      throw new Error(`the route does not declare status ${status}`)
    case null:
      return new Response(null, { status })
    // `defineRoute` ties the body to the declared content.
    case 'page':
      return pageResponse(status, body as PageParts)
    case 'redirect':
      return new Response(null, { status, headers: { location: body as string } })
    default:
      return Response.json(body, { status })
  }
}
