import type { ValidSession } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { normalizePassword } from '../../password-policy/text.js'
import { proofAttempt } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type {
  PasswordRejected,
  ReauthenticationRequired,
  Refused,
  StaleSession,
  TooManyAttempts,
} from '../refusals.js'
import { actorOf, eventContextOf, requireRecent } from '../sessions/valid-session.js'

export interface ChangePasswordInput {
  currentPassword: string
  newPassword: string
}

export type ChangePasswordOutcome =
  | { readonly ok: true; readonly sessionsEnded: number }
  | PasswordRejected
  /** The current password is not that one, or the account has none. */
  | Refused<'invalid_credentials'>
  | TooManyAttempts
  | StaleSession

/**
 * Replaces the password of whoever asks, who proves the current one; counted with the sign-ins of the
 * account. Other sessions and every token that was mailed end, the asking session stays.
 * @see OWASP ASVS 5.0, 6.2.3, 7.4.3
 */
export async function changePassword<Metadata extends object>(
  context: ServiceContext<Metadata>,
  valid: ValidSession<Metadata>,
  input: ChangePasswordInput,
  requestInfo: RequestInfo,
): Promise<ChangePasswordOutcome> {
  const info = readRequestInfo(requestInfo)
  const { current, next } = readChange(input)
  const validated = await context.validatePassword(next, contextOf(valid))
  if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
  const { charges, refund } = proofAttempt(context.options.bruteForce, valid.user, info.ip)
  const eventContext = eventContextOf(valid, info)
  return context.hashing.withSlot(async (hasher) => {
    const userId = valid.user.id
    const found = await context.storage.passwords.findForUser({ userId, charges })
    if (!found.ok) {
      context.emit({ events: [event('attempts_refused', eventContext, { path: 'password' })] })
      return found
    }
    const { credential } = found
    if (!(await hasher.verify(credential, current)) || credential === null) {
      const detail = { method: 'password', reason: 'wrong' } as const
      context.emit({ events: [event('sign_in_failed', eventContext, detail)] })
      return { ok: false, reason: 'invalid_credentials' }
    }
    const hashes = {
      verified: credential.hash,
      next: await hasher.hash(validated.password),
      refund,
    }
    return context.runWithEffects({
      run: ({ passwords }) => passwords.change(actorOf(valid), hashes),
      effects: (outcome) =>
        outcome.ok
          ? {
              events: [
                event('password_changed', eventContext, { sessionsEnded: outcome.sessionsEnded }),
              ],
              mails: changedMail(valid),
            }
          : {},
    })
  })
}

export type SetPasswordOutcome =
  | { readonly ok: true }
  | PasswordRejected
  /** There is a password already: it is changed, not set. */
  | Refused<'already_exists'>
  | ReauthenticationRequired
  | StaleSession

/** Sets the first password of an account that signs in otherwise. Needs a recent proof of identity. */
export async function setPassword<Metadata extends object>(
  context: ServiceContext<Metadata>,
  valid: ValidSession<Metadata>,
  { newPassword }: { newPassword: string },
  requestInfo: RequestInfo,
): Promise<SetPasswordOutcome> {
  const info = readRequestInfo(requestInfo)
  const recent = requireRecent(valid)
  if (!recent.ok) return recent
  const validated = await context.validatePassword(
    readPassword(newPassword, 'newPassword'),
    contextOf(valid),
  )
  if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
  return context.hashing.withSlot(async (hasher) => {
    const hash = await hasher.hash(validated.password)
    return context.runWithEffects({
      run: ({ passwords }) => passwords.set(actorOf(valid), hash),
      effects: ({ ok }) =>
        ok
          ? {
              events: [event('password_set', eventContextOf(valid, info), {})],
              mails: changedMail(valid),
            }
          : {},
    })
  })
}

export type RemovePasswordOutcome =
  | { readonly ok: true; readonly sessionsEnded: number }
  /** Nothing else would let this person in. */
  | Refused<'last_method'>
  /** There is no password. */
  | Refused<'not_found'>
  | ReauthenticationRequired
  | StaleSession

/** Removes the password, unless it is the last way in; other sessions end. Needs a recent proof of identity. */
export async function removePassword<Metadata extends object>(
  { runWithEffects, options }: ServiceContext<Metadata>,
  valid: ValidSession<Metadata>,
  requestInfo: RequestInfo,
): Promise<RemovePasswordOutcome> {
  const info = readRequestInfo(requestInfo)
  const recent = requireRecent(valid)
  if (!recent.ok) return recent
  return runWithEffects({
    run: ({ passwords }) =>
      passwords.remove(actorOf(valid), { mailSignIn: options.mailer !== null }),
    effects: (outcome) =>
      outcome.ok
        ? {
            events: [
              event('password_removed', eventContextOf(valid, info), {
                sessionsEnded: outcome.sessionsEnded,
              }),
            ],
            mails: changedMail(valid),
          }
        : {},
  })
}

/** The person's own address and name are what somebody guessing would try first. */
const contextOf = ({ user }: ValidSession<object>) => ({ email: user.email ?? '', name: user.name })

/** The owner is told of a change they may not have made. @see OWASP ASVS 5.0, 6.3.7 */
const changedMail = ({ user: { email, name } }: ValidSession<object>) =>
  email === null ? [] : [queuedMail('password_changed', email, { name })]

/** @throws InvalidInputError before any query */
function readChange(input: ChangePasswordInput) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { currentPassword, newPassword }')
  const { currentPassword, newPassword } = input
  const current = normalizePassword(readPassword(currentPassword, 'currentPassword'))
  return {
    current: current.ok ? current.password : null,
    next: readPassword(newPassword, 'newPassword'),
  }
}

/** @throws InvalidInputError before any query */
export function readPassword(value: unknown, field: string): string {
  if (typeof value !== 'string') throw new InvalidInputError(field, 'must be a string')
  return value
}
