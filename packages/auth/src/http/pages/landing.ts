import { maskAddress } from '../../mail/masked-email.js'
import type { LinkPurpose } from '../../services/links/link-token.js'
import { parseMagicToken, parseVerificationToken } from '../../services/links/link-token.js'
import { findCookie } from '../request/cookie.js'
import { readHeader } from '../request/request-token.js'
import { errorStatus } from '../response/errors.js'
import { seeOther } from '../response/respond.js'
import type { Call, Route } from '../routes/route.js'
import { defineRoute } from '../routes/route.js'
import { basePath } from '../routes/route-match.js'
import { clearedLinkCookie, linkCookie, linkCookieName } from './link-cookie.js'
import { escapeHtml, pageResponse } from './page.js'

/** Where a mailed link leads: a page that shows what it is about and acts by its button only. */
interface Landing {
  readonly purpose: LinkPurpose
  readonly path: string
  /** The route that the button posts to. */
  readonly action: string
  readonly heading: string
  readonly button: string
  /** A password to ask for, and whether the button works without one. */
  readonly password: { readonly label: string; readonly autocomplete: string } | null
}

const landings: readonly Landing[] = [
  {
    purpose: 'magic_link',
    path: 'magic-link',
    action: 'magic-link/authenticate',
    heading: 'Sign in',
    button: 'Sign in',
    password: null,
  },
  {
    purpose: 'verify_email',
    path: 'email/verify',
    action: 'email/verify',
    heading: 'Confirm your address',
    button: 'Confirm and sign in',
    password: { label: 'Your password', autocomplete: 'current-password' },
  },
  {
    purpose: 'reset_password',
    path: 'password/reset',
    action: 'password/reset/complete',
    heading: 'Choose a new password',
    button: 'Set the password',
    password: { label: 'New password', autocomplete: 'new-password' },
  },
  {
    purpose: 'change_email',
    path: 'email/change',
    action: 'email/change/complete',
    heading: 'Change your address',
    button: 'Use this address',
    password: null,
  },
]

/** What is wrong, said on the page once more; empty for a first visit. */
interface Trouble {
  readonly status: number
  readonly message: string
}

/** GET of a mailed link. It uses nothing up: mail scanners open links too. @see OWASP ASVS 5.0, 3.5.3 */
export const landingRoutes: readonly Route[] = landings.map((landing) =>
  defineRoute({
    method: 'GET',
    path: landing.path,
    summary: `The page of a mailed link: ${landing.heading.toLowerCase()}`,
    access: 'anyone',
    body: null,
    query: ['token'],
    answer: { status: 200, shape: 'page' },
    alternative: { status: 303, shape: null },
    errors: ['invalid_token'],
    feature: 'mail',
    async handle(call) {
      const given = call.query.get('token')
      if (given !== null) return hideToken(call, landing, given)
      const name = linkCookieName(call.torii.options.baseUrl)
      const token = findCookie(readHeader(call.headers, 'cookie'), name)
      return showLanding(call, landing, token, null)
    },
  }),
)

/** Takes the token out of the URL: it would stay in the history, and go along in a referrer. */
function hideToken({ torii }: Call, landing: Landing, token: string): Response {
  const { baseUrl } = torii.options
  const place = `${basePath}/${landing.path}`
  const headers = { 'referrer-policy': 'no-referrer' }
  // Nothing but a token is ever written into a cookie.
  return isToken(landing.purpose, token)
    ? seeOther(place, { ...headers, 'set-cookie': linkCookie(baseUrl, landing.path, token) })
    : seeOther(place, { ...headers, 'set-cookie': clearedLinkCookie(baseUrl, landing.path) })
}

const isToken = (purpose: LinkPurpose, token: string): boolean =>
  purpose === 'magic_link'
    ? parseMagicToken(token) !== null
    : parseVerificationToken(purpose, token) !== null

/** The page after a form of it was refused. */
export async function showTrouble(
  call: Call,
  action: string,
  token: string | null,
  trouble: Trouble,
): Promise<Response> {
  const landing = landings.find((one) => one.action === action)
  if (landing === undefined) throw new Error('no page posts to this route')
  return showLanding(call, landing, token, trouble)
}

async function showLanding(
  call: Call,
  landing: Landing,
  token: string | null,
  trouble: Trouble | null,
): Promise<Response> {
  const link = token === null ? null : await call.torii.links.inspect(landing.purpose, token)
  const appName = call.torii.options.mail.appName
  if (token === null || link === null) return deadLink(call, landing)
  const { email, formerEmail } = link
  const rows =
    formerEmail === null
      ? `<p>${landingSentence(landing.purpose)} <strong>${escapeHtml(maskAddress(email))}</strong></p>`
      : `<p>From <strong>${escapeHtml(maskAddress(formerEmail))}</strong><br>to <strong>${escapeHtml(maskAddress(email))}</strong></p>`
  const content = `${rows}
${trouble === null ? '' : `<p class="bad" role="alert">${escapeHtml(trouble.message)}</p>`}
<form method="post" action="${basePath}/${landing.action}">
<input type="hidden" name="token" value="${escapeHtml(token)}">
${passwordField(landing)}
<button type="submit">${escapeHtml(landing.button)}</button>
</form>
<p class="quiet">${landing.purpose === 'verify_email' ? 'Leave the password empty if you have forgotten it: you can set a new one afterwards. ' : ''}You did not ask for this? Close this page; nothing has happened.</p>`
  return pageResponse(trouble?.status ?? 200, { appName, heading: landing.heading, content })
}

const landingSentence = (purpose: LinkPurpose): string => {
  switch (purpose) {
    case 'magic_link':
      return 'You are about to sign in as'
    case 'verify_email':
      return 'You are about to confirm'
    case 'reset_password':
      return 'This will be the password of'
    case 'change_email':
      return 'The address of your account becomes'
    default:
      return purpose satisfies never
  }
}

function passwordField({ password, purpose }: Landing): string {
  if (password === null) return ''
  const required = purpose === 'reset_password' ? ' required' : ''
  return `<label for="password">${escapeHtml(password.label)}</label>
<input id="password" name="password" type="password" autocomplete="${password.autocomplete}" maxlength="256"${required}>`
}

/** One page for unknown, used and expired links. */
function deadLink({ torii }: Call, landing: Landing): Response {
  const { baseUrl, mail } = torii.options
  const { appName } = mail
  const content = `<p>This link is not good any more: it has been used, it is too old, or a newer one was sent.</p>
<p>Ask for a new one where you asked for this one.</p>
<p><a href="/">Back to ${escapeHtml(appName)}</a></p>`
  const headers = { 'set-cookie': clearedLinkCookie(baseUrl, landing.path) }
  const status = errorStatus.invalid_token
  return pageResponse(status, { appName, heading: 'This link does not work', content }, headers)
}
