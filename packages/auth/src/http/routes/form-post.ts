import type { Page } from '../pages/page.js'
import type { CarriedLink } from '../request/link-cookie.js'
import { landingNonceOf } from '../request/link-cookie.js'
import { errorStatus, messageOf } from '../response/errors.js'
import { clearLinkCookie, landingPage } from './landing.js'
import { renderersOf, renderResult } from './render.js'
import type { Failure, Success } from './results.js'
import { failure, seeOther, success } from './results.js'
import type { Call, Route } from './route.js'
import {
  redirectAfterFactor,
  secondFactorPagePath,
  showSecondFactorPage,
} from './second-factor-page.js'

/**
 * Renders the result of a form that a page of Torii posted: a success redirects the browser to a page of the
 * application, a failure shows the page again with the message. Where a second factor is due, the browser is sent to its page.
 */
export async function renderFormResult(
  { form }: Route,
  call: Call,
  body: unknown,
  result: Success | Failure,
): Promise<Response> {
  if (form === undefined) throw new Error('this route accepts no form')
  const { purpose } = form
  const redirectTo = purpose === 'second_factor' ? redirectOf(call, body) : null
  const signedIn = redirectTo ?? call.pages.signedIn
  if (!result.ok && result.error.error === 'second_factor_required') {
    const setCookies = [...(result.setCookies ?? []), ...clearedCookies(call, purpose)]
    const redirect = seeOther(secondFactorPagePath(call), { setCookies })
    return renderResult({ 303: 'redirect' }, redirect, renderersOf(call))
  }
  if (result.ok && 'show' in form) {
    const onward = { ...call, pages: { ...call.pages, signedIn } }
    const shown = success(200, form.show(onward, body, result), {
      setCookies: result.setCookies ?? [],
    })
    return renderResult({ 200: 'page' }, shown, renderersOf(call))
  }
  if (!result.ok) {
    const token = tokenOf(body)
    const { nonce } = call
    const carried = token === null || nonce === null ? null : { token, nonce }
    return renderFormError(call, purpose, carried, result, redirectTo)
  }
  const setCookies = [...(result.setCookies ?? []), ...clearedCookies(call, purpose)]
  const redirect = seeOther({ ...call.pages, signedIn }[result.next ?? nextOf(form)], {
    setCookies,
  })
  return renderResult({ 303: 'redirect' }, redirect, renderersOf(call))
}

/**
 * Whether the form comes from a page that this site has shown to this browser: its nonce is that of the one landing cookie.
 * Otherwise the link is not used, and the page of an expired link is shown.
 */
export const isOwnForm = ({ headers, torii }: Call, nonce: string | null): nonce is string =>
  nonce !== null && landingNonceOf(headers, torii.options.cookie) === nonce

/** The page of an expired link, for a form that another site has put into the browser. */
export const renderForeignForm = (call: Call, purpose: FormPurpose): Promise<Response> =>
  renderFormError(call, purpose, null, failure({ error: 'invalid_token' }))

/** Where the sign-in leads that a form completes. */
const redirectOf = (call: Call, body: unknown): string | null =>
  redirectAfterFactor(
    call,
    typeof body === 'object' && body !== null ? Reflect.get(body, 'redirectTo') : null,
  )

const nextOf = (form: NonNullable<Route['form']>) => ('next' in form ? form.next : 'signedIn')

/** Which page has posted a form. */
type FormPurpose = NonNullable<Route['form']>['purpose']

const clearedCookies = (call: Call, purpose: FormPurpose): string[] =>
  purpose === 'second_factor' ? [] : [clearLinkCookie(call, purpose)]

async function renderFormError(
  call: Call,
  purpose: FormPurpose,
  carried: CarriedLink | null,
  { error }: Failure,
  redirectTo: string | null = null,
): Promise<Response> {
  const page: Success<200 | 401, Page> =
    purpose === 'second_factor'
      ? await showSecondFactorPage(call, error, redirectTo)
      : await landingPage(call, purpose, carried, messageOf(error, call.language.texts))
  const status = page.status === 200 ? errorStatus[error.error] : page.status
  return renderResult({ [status]: 'page' }, { ...page, status }, renderersOf(call))
}

const tokenOf = (body: unknown): string | null =>
  typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string'
    ? body.token
    : null
