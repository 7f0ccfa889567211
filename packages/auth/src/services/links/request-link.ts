import { randomUUID } from 'node:crypto'
import { readEmail } from '../../base/email-input.js'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { callerFor } from '../../rate-limits/caller.js'
import { mailCharges } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { TooManyAttempts } from '../refusals.js'
import { countedMail, linkMail, linkSeconds, rehearsedLinkMail } from './link-mail.js'
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
    else emit({ mails: [rehearsedLinkMail(options, purpose, { to: email, secret })] })
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

/**
 * Does the work of {@link mailVerification} for every other refused sign-in and mails nothing, so that the time of the
 * responses after it does not reveal that the password was right: it asks for a link for an email address that no account
 * can have, without counting, and writes the message.
 */
export function rehearseVerification<Metadata extends object>({
  options,
  storage,
  background,
  emit,
}: ServiceContext<Metadata>): void {
  background.run('verify_email', async () => {
    const purpose = 'verify_email'
    const secret = newLinkSecret()
    const email = `${randomUUID()}@${reservedDomain}`
    await storage.verificationTokens.issue({
      purpose,
      email,
      secretHash: hashLinkSecret(purpose, secret),
      lifetimeSeconds: linkSeconds(options, purpose),
      charges: null,
    })
    emit({ mails: [rehearsedLinkMail(options, purpose, { to: email, secret })] })
  })
}

/** No mail server has it. @see RFC 2606 */
const reservedDomain = 'torii.invalid'
