import type { Page } from '../pages/page.js'
import type { ShowPage } from '../pages/page-response.js'
import type { ApiError } from '../response/errors.js'
import { errorResponse } from '../response/errors.js'
import type { Failure, Success } from './results.js'
import type { Call, Responses } from './route.js'

/** Renders an error: as JSON, or as a page. */
export type RenderError = (error: ApiError) => Response | Promise<Response>

/** What renders results of one request, in its language. */
export interface Renderers {
  readonly showPage: ShowPage
  readonly renderError: RenderError
}

/** The renderers of a call whose errors are JSON. */
export const renderersOf = ({ showPage, language }: Call): Renderers => ({
  showPage,
  renderError: (error) => errorResponse(error, language.texts),
})

/** Renders the response for a route's result, as the route's `responses` declare it. */
export async function renderResult(
  responses: Responses,
  result: Success | Failure,
  { showPage, renderError }: Renderers,
): Promise<Response> {
  if (!result.ok) return withCookies(await renderError(result.error), result.setCookies)
  const response = await contentResponse(responses, result, showPage)
  for (const [name, value] of Object.entries(result.headers ?? {}))
    response.headers.set(name, value)
  return withCookies(response, result.setCookies)
}

function withCookies(response: Response, cookies: readonly string[] = []): Response {
  for (const cookie of cookies) response.headers.append('set-cookie', cookie)
  return response
}

async function contentResponse(
  responses: Responses,
  { status, body }: Success,
  showPage: ShowPage,
): Promise<Response> {
  switch (responses[status]) {
    case undefined:
      throw new Error(`the route does not declare status ${status}`)
    case null:
      return new Response(null, { status })
    // `defineRoute` ties the body to the declared content.
    case 'page':
      return showPage(status, body as Page)
    case 'redirect':
      return new Response(null, { status, headers: { location: body as string } })
    default:
      return Response.json(body, { status })
  }
}
