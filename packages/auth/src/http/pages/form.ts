import { readForm } from '../request/body.js'
import { errorResponse } from '../response/errors.js'
import type { Call, Route } from '../routes/route.js'
import { showTrouble } from './landing.js'
import { clearedLinkCookie } from './link-cookie.js'

/** Runs a route with its fields read. */
type Handle = (
  route: Route,
  call: Call,
  values: Parameters<Route['handle']>[1],
) => Promise<Response>

/**
 * Answers the button of a landing page: a success sends the browser to a page of the application, a
 * refusal shows the page again with what is wrong. The act is the one that JSON callers get.
 */
export async function answerForm(
  route: Route,
  call: Call,
  request: Request,
  handle: Handle,
): Promise<Response> {
  if (route.body === null || route.form === undefined) throw new Error('the route takes no form')
  const fields = await readForm(request, route.body)
  if (!fields.ok) return errorResponse(fields.error)
  const answer = await handle(route, call, fields.value)
  if (!answer.ok)
    return showTrouble(call, route.path, tokenOf(fields.value), await troubleOf(answer))
  const headers = new Headers({ location: whereTo(route, call, answer) })
  for (const cookie of answer.headers.getSetCookie()) headers.append('set-cookie', cookie)
  headers.append('set-cookie', clearedLinkCookie(call.torii.options.baseUrl, pagePath(route.path)))
  return new Response(null, { status: 303, headers })
}

/** A verification without the password signs nobody in: the person goes on to sign in. */
function whereTo({ form }: Route, { site }: Call, answer: Response): string {
  const page = form === 'signedIn' && answer.status === 204 ? 'signIn' : form
  return site.pages[page ?? 'signedIn']
}

/** The page whose button posts to this route. */
const pagePath = (action: string): string => action.replace(/\/(?:authenticate|complete)$/, '')

const tokenOf = (fields: object): string | null =>
  'token' in fields && typeof fields.token === 'string' ? fields.token : null

async function troubleOf(answer: Response): Promise<{ status: number; message: string }> {
  const { message }: { message?: unknown } = JSON.parse(await answer.text())
  return { status: answer.status, message: String(message) }
}
