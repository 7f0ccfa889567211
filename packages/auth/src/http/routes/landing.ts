import { linkPaths } from '../../base/paths.js'
import type { LinkPurpose } from '../../services/links/link-token.js'
import {
  linkPurposes,
  parseMagicToken,
  parseVerificationToken,
} from '../../services/links/link-token.js'
import { expiredPage, linkPage } from '../pages/landing-page.js'
import type { Page } from '../pages/page.js'
import type { CarriedLink } from '../request/link-cookie.js'
import { carriedLink, clearedLinkCookie, linkCookies } from '../request/link-cookie.js'
import { errorStatus } from '../response/errors.js'
import type { Success } from './results.js'
import { seeOther, success } from './results.js'
import type { Call, Route } from './route.js'
import { defineRoute } from './route.js'

const summaries: Readonly<Record<LinkPurpose, string>> = {
  magic_link: 'Shows the page of a magic link',
  verify_email: 'Shows the page of a verification link',
  reset_password: 'Shows the page of a password reset link',
  change_email: 'Shows the page of an email change link',
  undo_second_factor: 'Shows the page of a link that undoes a second factor',
}

/**
 * Shows the page of a link in a mail. It does not use the link, since mail scanners open links too. @see OWASP ASVS 5.0,
 * 3.5.3
 */
export const landingRoutes: readonly Route[] = linkPurposes.map((purpose) =>
  defineRoute({
    method: 'GET',
    path: linkPaths[purpose].page,
    summary: summaries[purpose],
    access: 'anyone',
    body: null,
    query: ['token'],
    responses: { 200: 'page', 303: 'redirect', 401: 'page' },
    errors: ['invalid_token'],
    feature: purpose === 'magic_link' ? 'magicLink' : 'mail',
    async handle(call) {
      const given = call.query.get('token')
      if (given !== null) return moveTokenToCookie(call, purpose, given)
      const carried = carriedLink(call.headers, call.torii.options.cookie)
      return landingPage(call, purpose, carried, null)
    },
  }),
)

const pathOfPage = ({ torii }: Call, purpose: LinkPurpose): string =>
  `${torii.options.basePath}/${linkPaths[purpose].page}`

/** The link's cookie belongs to its page alone. */
export const clearLinkCookie = (call: Call, purpose: LinkPurpose): string =>
  clearedLinkCookie(call.torii.options.cookie, pathOfPage(call, purpose))

/** Takes the token out of the URL, where the history would keep it and a referrer would send it on. */
function moveTokenToCookie(call: Call, purpose: LinkPurpose, token: string): Success<303, string> {
  const path = pathOfPage(call, purpose)
  // Only a well-formed token is ever written into a cookie.
  const setCookies = isToken(purpose, token)
    ? linkCookies(call.torii.options.cookie, call.headers, path, token)
    : [clearLinkCookie(call, purpose)]
  return seeOther(path, { setCookies, headers: { 'referrer-policy': 'no-referrer' } })
}

const isToken = (purpose: LinkPurpose, token: string): boolean =>
  purpose === 'magic_link'
    ? parseMagicToken(token) !== null
    : parseVerificationToken(purpose, token) !== null

/** The page of a link, or the page of an expired one. `error` is the message of a form that was posted. */
export async function landingPage(
  call: Call,
  purpose: LinkPurpose,
  carried: CarriedLink | null,
  error: string | null,
): Promise<Success<200 | 401, Page>> {
  const site = { appName: call.torii.options.mail.appName, language: call.language }
  const link = carried === null ? null : await call.torii.links.inspect(purpose, carried.token)
  if (carried === null || link === null)
    return success(errorStatus.invalid_token, expiredPage(site, purpose), {
      setCookies: [clearLinkCookie(call, purpose)],
    })
  const action = `${call.torii.options.basePath}/${linkPaths[purpose].action}`
  return success(200, linkPage({ ...site, purpose, action, error, ...carried, ...link }))
}
