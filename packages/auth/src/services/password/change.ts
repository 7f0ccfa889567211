import type { ValidSession } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { normalizePassword, requirePasswordText } from '../../password-policy/text.js'
import { sessionPasswordAttempt } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { hasherFor } from '../context/hasher.js'
import { event } from '../effects/effects.js'
import { usableMethods } from '../options/usable-methods.js'
import type {
  PasswordRejected,
  ReauthenticationRequired,
  Refused,
  StaleSession,
  TooManyAttempts,
} from '../refusals.js'
import { invalidCredentials } from '../refusals.js'
import {
  actorOf,
  eventContextOf,
  requireRecent,
  requireSecondFactor,
} from '../sessions/valid-session.js'

export interface ChangePasswordInput {
  currentPassword: string
  newPassword: string
}

export type ChangePasswordOutcome =
  | { readonly ok: true; readonly sessionsEnded: number }
  | PasswordRejected
  /** The current password is wrong, or the account has none. */
  | Refused<'invalid_credentials'>
  /** The account has a second factor, and no recent proof of two. */
  | Refused<'level_required'>
  | TooManyAttempts
  | StaleSession

/**
 * Changes the caller's password after verifying the current one; counted with the other passwords of this session. The
 * other sessions and every mailed token end; this session stays.
 * @see OWASP ASVS 5.0, 6.2.3, 7.4.3
 */
export const changePassword =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    input: ChangePasswordInput,
    requestInfo: RequestInfo,
  ): Promise<ChangePasswordOutcome> => {
    const info = readRequestInfo(requestInfo)
    const { current, next } = readChange(input)
    const proved = requireSecondFactor(valid)
    if (!proved.ok) return proved
    const validated = await context.validatePassword(next, submittedContext(valid))
    if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
    const { charges, refund } = sessionPasswordAttempt(context.options.bruteForce, valid)
    const eventContext = eventContextOf(valid, info)
    const { account } = charges
    return context.hashing.inTurn(account.key, async () => {
      const userId = valid.user.id
      const found = await context.storage.passwords.findForUser({ userId, charges })
      if (!found.ok) {
        context.emit({ events: [event('attempts_refused', eventContext, { path: 'password' })] })
        return found
      }
      const hasher = hasherFor(context, info, { account: account.key, reserved: true })
      const { credential } = found
      if (!(await hasher.verify(credential, current)) || credential === null) {
        const detail = { method: 'password', reason: 'wrong' } as const
        context.emit({ events: [event('sign_in_failed', eventContext, detail)] })
        return invalidCredentials
      }
      const hash = await hasher.hash(validated.password)
      return context.runWithEffects({
        run: ({ passwords }) =>
          passwords.change(actorOf(valid), { verified: credential.hash, next: hash, refund }),
        effects: (outcome) => {
          if (!outcome.ok) return {}
          const { sessionsEnded } = outcome
          return {
            events: [event('password_changed', eventContext, { sessionsEnded })],
            mails: changedMail(valid),
          }
        },
      })
    })
  }

export type SetPasswordOutcome =
  | { readonly ok: true }
  | PasswordRejected
  /** The account has a password already: change it instead. */
  | Refused<'already_exists'>
  | ReauthenticationRequired
  | TooManyAttempts
  | StaleSession

/** Sets the first password of an account that has another sign-in method. Needs a recent authentication. Counted before the hash. */
export const setPassword =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    { newPassword }: { newPassword: string },
    requestInfo: RequestInfo,
  ): Promise<SetPasswordOutcome> => {
    const info = readRequestInfo(requestInfo)
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const text = requirePasswordText(newPassword, 'newPassword')
    const validated = await context.validatePassword(text, submittedContext(valid))
    if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
    const eventContext = eventContextOf(valid, info)
    const { charges } = sessionPasswordAttempt(context.options.bruteForce, valid)
    const found = await context.storage.passwords.findForUser({ userId: valid.user.id, charges })
    if (!found.ok) {
      context.emit({ events: [event('attempts_refused', eventContext, { path: 'password' })] })
      return found
    }
    if (found.credential !== null) return { ok: false, reason: 'already_exists' }
    const { account } = charges
    const hasher = hasherFor(context, info, { account: account.key, reserved: true })
    const hash = await hasher.hash(validated.password)
    return context.runWithEffects({
      run: ({ passwords }) => passwords.set(actorOf(valid), hash),
      effects: ({ ok }) =>
        ok
          ? {
              events: [event('password_set', eventContext, {})],
              mails: changedMail(valid),
            }
          : {},
    })
  }

export type RemovePasswordOutcome =
  | { readonly ok: true; readonly sessionsEnded: number }
  /** The password is the user's only sign-in method. */
  | Refused<'last_method'>
  /** The account has no password. */
  | Refused<'not_found'>
  | ReauthenticationRequired
  | StaleSession

/** Removes the password unless it is the last sign-in method; ends the other sessions. Needs a recent authentication. */
export const removePassword =
  <Metadata extends object>({ runWithEffects, options }: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<RemovePasswordOutcome> => {
    const info = readRequestInfo(requestInfo)
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    return runWithEffects({
      run: ({ passwords }) => passwords.remove(actorOf(valid), usableMethods(options)),
      effects: (outcome) => {
        if (!outcome.ok) return {}
        const { sessionsEnded } = outcome
        return {
          events: [event('password_removed', eventContextOf(valid, info), { sessionsEnded })],
          mails: changedMail(valid),
        }
      },
    })
  }

/** The user's own email address and name are the first guesses. */
const submittedContext = ({ user }: ValidSession<object>) => ({
  email: user.email ?? '',
  name: user.name,
})

/** Notifies the owner of a change that they may not have made. @see OWASP ASVS 5.0, 6.3.7 */
const changedMail = ({ user: { email, name } }: ValidSession<object>) =>
  email === null ? [] : [queuedMail('password_changed', email, { name })]

/** @throws InvalidInputError before any query */
function readChange(input: ChangePasswordInput) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { currentPassword, newPassword }')
  const { currentPassword, newPassword } = input
  const current = normalizePassword(requirePasswordText(currentPassword, 'currentPassword'))
  return {
    current: current.ok ? current : null,
    next: requirePasswordText(newPassword, 'newPassword'),
  }
}
