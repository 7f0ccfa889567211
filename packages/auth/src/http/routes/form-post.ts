import { errorStatus, messageOf } from '../response/errors.js'
import { clearLinkCookie, landingPage } from './landing.js'
import { renderResult } from './render.js'
import type { Failure, Success } from './results.js'
import { seeOther } from './results.js'
import type { Call, Route } from './route.js'

/**
 * Renders the result of a form that a link's page posted: a success redirects the browser to a page of the
 * application, a failure shows the link's page again with the message.
 */
export async function renderFormResult(
  { form }: Route,
  call: Call,
  body: unknown,
  result: Success | Failure,
): Promise<Response> {
  if (form === undefined) throw new Error('this route accepts no form')
  const { purpose } = form
  if (!result.ok) return renderFormError(call, purpose, tokenOf(body), result)
  const setCookies = [...(result.setCookies ?? []), clearLinkCookie(call, purpose)]
  const redirect = seeOther(call.pages[result.next ?? form.next], { setCookies })
  return renderResult({ 303: 'redirect' }, redirect)
}

async function renderFormError(
  call: Call,
  purpose: NonNullable<Route['form']>['purpose'],
  token: string | null,
  { error }: Failure,
): Promise<Response> {
  const page = await landingPage(call, purpose, token, messageOf(error))
  const status = page.status === 200 ? errorStatus[error.error] : page.status
  return renderResult({ [status]: 'page' }, { ...page, status })
}

const tokenOf = (body: unknown): string | null =>
  typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string'
    ? body.token
    : null
