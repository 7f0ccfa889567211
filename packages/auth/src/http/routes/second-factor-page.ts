import {
  passkeyFactorPath,
  passkeyRegistrationPath,
  passkeyStartPath,
  secondFactorPath,
  totpConfirmPath,
  totpStartPath,
} from '../../base/paths.js'
import { newLandingNonce } from '../../services/links/landing-form.js'
import { checkRedirectTo } from '../../services/oauth/redirect-to.js'
import { trustSeconds } from '../../services/options/second-factor.js'
import { passkeysAreOn } from '../../services/pending-sign-in.js'
import type { EnrollmentStep } from '../pages/enroll-page.js'
import { enrollPage } from '../pages/enroll-page.js'
import type { Page } from '../pages/page.js'
import { expiredSignInPage, secondFactorPage } from '../pages/second-factor-page.js'
import { landingNonceCookie, landingNonceOf } from '../request/link-cookie.js'
import { clearedPendingCookie, findPendingCookie } from '../request/pending-cookie.js'
import type { ApiError } from '../response/errors.js'
import { completionText, errorStatus, messageOf } from '../response/errors.js'
import type { RecoveryCodes, TotpStart } from '../schema/response-bodies.js'
import type { Success } from './results.js'
import { success } from './results.js'
import type { Call } from './route.js'

/** The path of the page that asks for the second factor; after it the browser is led to `redirectTo`. */
export const secondFactorPagePath = (
  { torii }: Pick<Call, 'torii'>,
  redirectTo: string | null = null,
): string => {
  const query = redirectTo === null ? '' : `?redirectTo=${encodeURIComponent(redirectTo)}`
  return `${torii.options.basePath}/${secondFactorPath}${query}`
}

/** Where a page or its form says that the sign-in leads; null for any place outside of the application, and for none. */
export const redirectAfterFactor = ({ torii }: Pick<Call, 'torii'>, given: unknown) => {
  const { baseUrl, oauth, trustedOrigins } = torii.options
  return checkRedirectTo(given, [baseUrl.origin, ...oauth.redirectOrigins, ...trustedOrigins])
}

/** The step of an enrollment that shows the error of its form. */
const stepOf = ({ error, text }: ApiError): EnrollmentStep => {
  if (error === 'email_code_required' || text === 'invalid_email_code') return 'email_code'
  return error === 'invalid_code' ? 'confirm' : 'start'
}

/** The page of the browser's pending sign-in, or of one that has ended. */
export async function showSecondFactorPage(
  call: Call,
  formError: ApiError | null,
  redirectTo: string | null,
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
  // That a code was mailed is no error: its page says so.
  const isError = formError !== null && formError.error !== 'email_code_required'
  const error = isError ? messageOf(formError, language.texts) : null
  const own = { ...facts, pendingId: pending.id, nonce, redirectTo, error, signIn: pages.failed }
  const step = formError === null ? 'start' : stepOf(formError)
  const page = pending.mustEnroll
    ? enrollPage({ ...own, ...enrollPaths(call), step, shown: null })
    : secondFactorPage({
        ...own,
        action: secondFactorPagePath(call),
        factors: pending.factors,
        introduction:
          pending.takesCode && !pending.takesPassword
            ? language.texts.pages.second_factor.introduction
            : language.texts.errors[completionText(pending)],
        passkeyOptions: `${torii.options.basePath}/${passkeyFactorPath}`,
        trustsBrowsers: trustSeconds(torii.options.secondFactor) !== null,
      })
  return success(200, page, { setCookies: [landingNonceCookie(site, nonce)] })
}

/** The page that shows a new secret and asks for its first code. */
export const showTotpPage = (call: Call, body: unknown, { body: started }: Success): Page =>
  enrollPage({
    ...postedFacts(call, body),
    step: 'confirm',
    // The route declares it.
    shown: started as TotpStart,
  })

/** The page that shows the recovery codes of a user who has enrolled and is signed in. */
export const showRecoveryCodesPage = (call: Call, body: unknown, { body: made }: Success): Page =>
  enrollPage({
    ...postedFacts(call, body),
    step: 'done',
    // The route declares it.
    shown: made as RecoveryCodes,
    next: call.pages.signedIn,
  })

const enrollPaths = ({ torii: { options } }: Call) => ({
  startPath: `${options.basePath}/${totpStartPath}`,
  confirmPath: `${options.basePath}/${totpConfirmPath}`,
  passkeyPaths: passkeysAreOn(options)
    ? {
        options: `${options.basePath}/${passkeyStartPath}`,
        action: `${options.basePath}/${passkeyRegistrationPath}`,
      }
    : null,
})

/** What a page repeats of the form that was posted; the handler has compared both with the cookies. */
function postedFacts(call: Call, body: unknown) {
  const { torii, language, nonce, pages } = call
  const { pendingId, redirectTo } = body as { pendingId: string; redirectTo?: string | null }
  const { appName } = torii.options.mail
  const own = { appName, language, pendingId, nonce: nonce ?? '', error: null }
  const onward = { redirectTo: redirectAfterFactor(call, redirectTo) }
  return { ...own, ...onward, signIn: pages.failed, ...enrollPaths(call) }
}
