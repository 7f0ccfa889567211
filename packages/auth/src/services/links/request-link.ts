import { requireEmail } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { mailCharges } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import { hashLinkSecret, newLinkSecret } from '../links/link-token.js'
import type { TooManyAttempts } from '../refusals.js'
import { linkMail, linkSeconds } from './link-mail.js'

/** A request that was taken on. Whether there was anything to mail is nobody's business. */
export type RequestOutcome = { readonly ok: true } | TooManyAttempts

/** What a mailed proof of an account's address is asked for. */
export type AddressPurpose = 'verify_email' | 'reset_password'

const requested = {
  verify_email: 'email_verification_requested',
  reset_password: 'password_reset_requested',
} as const

/**
 * Charges, and mails a link where there is an account for it: one statement, the same for every address.
 * @throws InvalidInputError for what is not an address, before any query
 */
export async function requestLink<Metadata extends object>(
  { options, storage, emit }: ServiceContext<Metadata>,
  purpose: AddressPurpose,
  email: string,
  requestInfo: RequestInfo,
): Promise<RequestOutcome> {
  const info = readRequestInfo(requestInfo)
  const charges = mailCharges(options.bruteForce, requireEmail(email), info.ip)
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
      mails: [linkMail(options, purpose, { ...issued, secret })],
    })
  return { ok: true }
}

/**
 * A fresh link for somebody whose password was right and whose address is unverified: after the answer, which
 * is that of a wrong password.
 */
export const mailVerification = <Metadata extends object>(
  context: ServiceContext<Metadata>,
  email: string,
  info: RequestInfo,
): void =>
  context.background.run('verify_email', () => requestLink(context, 'verify_email', email, info))
