import type { EmailChange, User, ValidSession } from 'torii-core'
import { readEmail } from '../../base/email-input.js'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { maskAddress } from '../../mail/masked-email.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { sessionMailCharges } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import { hashOfForm, readLandingNonce } from '../links/landing-form.js'
import { countedMail, linkMail, linkSeconds } from '../links/link-mail.js'
import type { LinkToken } from '../links/link-token.js'
import { hashLinkSecret, newLinkSecret, parseVerificationToken } from '../links/link-token.js'
import type {
  InvalidToken,
  ReauthenticationRequired,
  Refused,
  StaleSession,
  TooManyAttempts,
} from '../refusals.js'
import { invalidToken } from '../refusals.js'
import {
  actorOf,
  eventContextOf,
  requireRecent,
  requireSecondFactor,
} from '../sessions/valid-session.js'

export type RequestChangeOutcome =
  | { readonly ok: true }
  | ReauthenticationRequired
  | TooManyAttempts
  | StaleSession

/**
 * Mails a link to the new email address, which is not reserved until the link is used. The answer does not reveal
 * whether another account uses the address. Needs a recent authentication. One statement.
 * @throws InvalidInputError for an invalid email address, before any query
 */
export const requestEmailChange =
  <Metadata extends object>({ options, storage, emit }: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    entered: string,
    requestInfo: RequestInfo,
  ): Promise<RequestChangeOutcome> => {
    const info = readRequestInfo(requestInfo)
    const { email, emailKey } = readEmail(entered)
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const secret = newLinkSecret()
    const eventContext = eventContextOf(valid, info)
    const mail = countedMail(options, 'change_email', emailKey)
    const charges = sessionMailCharges(options.bruteForce, mail, valid)
    const issued = await storage.verificationTokens.issueEmailChange({
      actor: actorOf(valid),
      email,
      secretHash: hashLinkSecret('change_email', secret),
      lifetimeSeconds: linkSeconds(options, 'change_email'),
      charges,
    })
    if (!issued.ok) {
      if (issued.reason === 'too_many_attempts')
        emit({ events: [event('attempts_refused', eventContext, { path: 'change_email' })] })
      return issued
    }
    const { to } = issued
    const allowances = [charges.address.key, charges.ipAddress.key]
    const userId = valid.user.id
    emit({
      events: [event('email_change_requested', eventContext, {})],
      mails:
        to === null ? [] : [linkMail(options, 'change_email', { to, userId, secret }, allowances)],
    })
    return { ok: true }
  }

export type CompleteChangeOutcome<Metadata extends object> =
  | { readonly ok: true; readonly user: User<Metadata>; readonly sessionsEnded: number }
  | InvalidToken
  /** Another account uses the email address by now. */
  | Refused<'email_taken'>
  /** The account has a second factor, and no recent proof of two. The link stays valid. */
  | Refused<'level_required'>

type Change<Metadata extends object> = EmailChange<Metadata> & {
  /** True for a form that was sent twice: nothing has happened now. */
  readonly isRepeated?: boolean
}

/**
 * Changes the account's email address, which this verifies. Ends the other sessions and every token that was mailed to
 * either address, and notifies the former address. Needs a live session of the account that requested the change.
 */
export const completeEmailChange =
  <Metadata extends object>({ runWithEffects }: OperationContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    token: string | LinkToken,
    requestInfo: RequestInfo,
    given: string | null = null,
  ): Promise<CompleteChangeOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const nonce = readLandingNonce(given)
    const proved = requireSecondFactor(valid)
    if (!proved.ok) return proved
    const key = parseVerificationToken('change_email', token)
    if (key === null || key.userId !== valid.user.id) return invalidToken
    const usedBy = nonce === null ? null : hashOfForm(nonce, 'change_email', [])
    const outcome = await runWithEffects({
      async run({ verificationTokens }): Promise<Change<Metadata>> {
        const changed = await verificationTokens.changeEmail(actorOf(valid), key.secretHash, usedBy)
        if (changed.ok || changed.reason !== 'invalid_token' || usedBy === null) return changed
        const form = { usedBy, session: null }
        const used = await verificationTokens.findUsed('change_email', key, form)
        if (used === null) return changed
        return { ok: true, user: used.user, formerEmail: null, sessionsEnded: 0, isRepeated: true }
      },
      effects: (changed) => {
        if (!changed.ok || changed.isRepeated === true) return {}
        const { user, formerEmail, sessionsEnded } = changed
        const newEmail = maskAddress(user.email ?? '')
        return {
          events: [event('email_changed', eventContextOf(valid, info), { sessionsEnded })],
          mails:
            formerEmail === null
              ? []
              : [queuedMail('email_changed', formerEmail, { name: user.name, newEmail })],
        }
      },
    })
    if (!outcome.ok) return outcome
    return { ok: true, user: outcome.user, sessionsEnded: outcome.sessionsEnded }
  }
