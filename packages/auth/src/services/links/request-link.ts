import { readEmail } from '../../base/email-input.js'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { callerFor } from '../../rate-limits/caller.js'
import { mailCharges } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { TooManyAttempts } from '../refusals.js'
import { countedMail, linkMail, linkSeconds } from './link-mail.js'
import { hashLinkSecret, newLinkSecret } from './link-token.js'

/** The request was accepted. Whether a mail was sent is not revealed. */
export type RequestOutcome = { readonly ok: true } | TooManyAttempts

/** The purposes for which a link can be requested by email address alone. */
export type RequestPurpose = 'verify_email' | 'reset_password'

const requested = {
  verify_email: 'email_verification_requested',
  reset_password: 'password_reset_requested',
} as const

/**
 * Counts the request, and mails a link if there is an account for it. One statement, the same for every email address.
 * @throws InvalidInputError for an invalid email address, before any query
 */
export const requestLink =
  <Metadata extends object>(
    { options, storage, emit }: ServiceContext<Metadata>,
    purpose: RequestPurpose,
  ) =>
  async (entered: string, requestInfo: RequestInfo): Promise<RequestOutcome> => {
    const info = readRequestInfo(requestInfo)
    const { email, emailKey } = readEmail(entered)
    const mail = countedMail(options, purpose, emailKey)
    const caller = callerFor(options.keys, info, emailKey)
    const charges = mailCharges(options.bruteForce, mail, caller)
    const secret = newLinkSecret()
    const issued = await storage.verificationTokens.issue({
      purpose,
      email,
      secretHash: hashLinkSecret(purpose, secret),
      lifetimeSeconds: linkSeconds(options, purpose),
      charges,
    })
    if (!issued.ok) {
      emit({ events: [event('attempts_refused', { userId: null, info }, { path: purpose })] })
      return issued
    }
    if (issued.to !== null)
      emit({
        events: [event(requested[purpose], { userId: issued.userId, info }, {})],
        mails: [linkMail(options, purpose, { ...issued, secret }, [charges.address.key])],
      })
    return { ok: true }
  }

/**
 * Mails a new verification link to a user whose password was right and whose email address is unverified. Runs after
 * the response, which is the same as for a wrong password.
 */
export const mailVerification = <Metadata extends object>(
  context: ServiceContext<Metadata>,
  email: string,
  info: CheckedRequestInfo,
): void =>
  context.background.run('verify_email', () => requestLink(context, 'verify_email')(email, info))
