import { secondFactorPath } from '../../base/paths.js'
import { newLandingNonce } from '../../services/links/landing-form.js'
import type { Page } from '../pages/page.js'
import { expiredSignInPage, secondFactorPage } from '../pages/second-factor-page.js'
import { landingNonceCookie, landingNonceOf } from '../request/link-cookie.js'
import { clearedPendingCookie, findPendingCookie } from '../request/pending-cookie.js'
import { errorStatus } from '../response/errors.js'
import type { Success } from './results.js'
import { success } from './results.js'
import type { Call } from './route.js'

/** The path of the page that asks for the second factor. */
export const secondFactorPagePath = ({ torii }: Call): string =>
  `${torii.options.basePath}/${secondFactorPath}`

/** The page of the browser's pending sign-in, or of one that has ended. `error` is the message of a form that was posted. */
export async function showSecondFactorPage(
  call: Call,
  error: string | null,
): Promise<Success<200 | 401, Page>> {
  const { torii, language, headers, pages } = call
  const { cookie: site, mail } = torii.options
  const token = findPendingCookie(headers, site)
  const pending = token === null ? null : await torii.secondFactors.findPending(token)
  const facts = { appName: mail.appName, language }
  if (pending === null)
    return success(errorStatus.invalid_token, expiredSignInPage(facts, pages.failed), {
      setCookies: [clearedPendingCookie(site)],
    })
  // All tabs of a browser share one nonce.
  const nonce = landingNonceOf(headers, site) ?? newLandingNonce()
  const page = secondFactorPage({
    ...facts,
    action: secondFactorPagePath(call),
    pendingId: pending.id,
    nonce,
    error,
    signIn: pages.failed,
  })
  return success(200, page, { setCookies: [landingNonceCookie(site, nonce)] })
}
