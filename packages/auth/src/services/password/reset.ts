import type {
  PasswordReset,
  RateLimitRefund,
  TokenHash,
  VerificationKey,
  VerificationTokenRepository,
} from 'torii-core'
import { InvalidInputError, invalidValue, requireEmail } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { requirePasswordText } from '../../password-policy/text.js'
import { callerOf } from '../../rate-limits/caller.js'
import { accountAttempts } from '../../rate-limits/keys.js'
import { tokenPasswordAttempt } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { hasherFor } from '../context/hasher.js'
import { event } from '../effects/effects.js'
import type { CreatedLink } from '../links/create-link.js'
import { createLink } from '../links/create-link.js'
import { hashOfForm, readLandingNonce } from '../links/landing-form.js'
import type { LinkToken } from '../links/link-token.js'
import { parseVerificationToken } from '../links/link-token.js'
import type { RequestOutcome } from '../links/request-link.js'
import { requestLink } from '../links/request-link.js'
import type { InvalidToken, PasswordRejected, TooManyAttempts } from '../refusals.js'
import { invalidToken } from '../refusals.js'

/** The token of a reset link, and the new password. */
export interface ResetInput {
  token: string | LinkToken
  password: string
  /**
   * Also removes every passkey and provider account (default: false), for a user who suspects that another person has
   * added one.
   */
  removeOtherSignInMethods?: boolean
  /** The nonce of the browser that posts the form of the link's page, as in {@link MagicLinkProof}. */
  nonce?: string | null
}

export type ResetOutcome =
  /** `email` is the address of the account, for the device cookie of this browser. */
  | { readonly ok: true; readonly email: string; readonly sessionsEnded: number }
  | PasswordRejected
  | InvalidToken
  | TooManyAttempts

/** Resets a password by a reset link. */
export interface PasswordResetService {
  /**
   * Mails a reset link if there is an account for it. One statement; the result is the same for every email address.
   * @throws InvalidInputError for an invalid email address, before any query
   */
  request(email: string, requestInfo: RequestInfo): Promise<RequestOutcome>
  /**
   * Sets the password, verifies the email address, ends every session and every mailed token, and unlocks an account
   * that was locked by guesses. If the email address was unverified, it also removes the credentials that were created
   * before, as `removeOtherSignInMethods` does for any account. Two statements: the first counts the attempt and reads the token, before a password is hashed for it. Does
   * not sign in.
   * @throws ToriiError ERR_BUSY if too many passwords are waiting to be hashed
   */
  complete(input: ResetInput, requestInfo: RequestInfo): Promise<ResetOutcome>
  /** Creates a reset link for the application to deliver itself: nothing is mailed or counted. Null without an account. */
  create(email: string): Promise<CreatedLink | null>
}

export const createPasswordReset = <Metadata extends object>(
  context: ServiceContext<Metadata>,
): PasswordResetService => ({
  request: requestLink(context, 'reset_password'),
  complete: completeReset(context),
  create: createLink(context, 'reset_password'),
})

const completeReset =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (input: ResetInput, requestInfo: RequestInfo): Promise<ResetOutcome> => {
    const { options, validatePassword, storage, emit } = context
    const info = readRequestInfo(requestInfo)
    const { token, text, removeOtherSignInMethods, nonce } = readInput(input)
    // The account's email address is not read before the token is verified, so it is no part of the context.
    const validated = await validatePassword(text, { email: '', name: null })
    if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
    const key = parseVerificationToken('reset_password', token)
    if (key === null) return invalidToken
    const usedBy =
      nonce === null
        ? null
        : hashOfForm(nonce, 'reset_password', [text, String(removeOtherSignInMethods)])
    const caller = callerOf(options.keys, info)
    const { charges, refund } = tokenPasswordAttempt(options.bruteForce, caller)
    const found = await storage.verificationTokens.findCounted('reset_password', key, charges)
    if (!found.ok) {
      const refusedContext = { userId: null, info }
      emit({ events: [event('attempts_refused', refusedContext, { path: 'reset_password' })] })
      return found
    }
    const { verification } = found
    if (verification === null) return repeatedReset(context, key, usedBy, refund)
    const hasher = hasherFor(context, info, { account: null, reserved: true })
    const hash = await hasher.hash(validated.password)
    const account = accountAttempts(requireEmail(verification.email))
    const change = { hash, refund: { ...refund, account }, removeOtherSignInMethods, usedBy }
    const outcome = await resetPassword(context, key, change, info)
    if (!outcome.ok) return repeatedReset(context, key, usedBy, refund)
    return { ok: true, email: outcome.email, sessionsEnded: outcome.sessionsEnded }
  }

/** @throws InvalidInputError before any query */
function readInput(input: ResetInput) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { token, password }')
  const { removeOtherSignInMethods = false } = input
  if (typeof removeOtherSignInMethods !== 'boolean')
    throw invalidValue('removeOtherSignInMethods', 'must be true or false')
  return {
    token: input.token,
    text: requirePasswordText(input.password, 'password'),
    removeOtherSignInMethods,
    nonce: readLandingNonce(input.nonce),
  }
}

type Reset = Parameters<VerificationTokenRepository['resetPassword']>[1]

const resetPassword = <Metadata extends object>(
  { runWithEffects }: ServiceContext<Metadata>,
  key: VerificationKey,
  reset: Reset,
  info: CheckedRequestInfo,
): Promise<PasswordReset> =>
  runWithEffects({
    run: ({ verificationTokens }) => verificationTokens.resetPassword(key, reset),
    effects: (outcome) => {
      if (!outcome.ok) return {}
      const { sessionsEnded, email } = outcome
      const otherSignInMethodsRemoved = reset.removeOtherSignInMethods === true
      const detail = { sessionsEnded, otherSignInMethodsRemoved }
      return {
        events: [event('password_reset', { userId: key.userId, info }, detail)],
        mails: [queuedMail('password_changed', email, { name: null })],
      }
    },
  })

/**
 * Returns success if the same browser has just sent this form with success, and gives the counted attempt back. Otherwise returns
 * the refusal.
 */
async function repeatedReset<Metadata extends object>(
  { storage, background }: ServiceContext<Metadata>,
  key: VerificationKey,
  usedBy: TokenHash | null,
  refund: RateLimitRefund,
): Promise<ResetOutcome> {
  if (usedBy === null) return invalidToken
  const form = { usedBy, session: null }
  const used = await storage.verificationTokens.findUsed('reset_password', key, form)
  if (used === null || used.user.email === null) return invalidToken
  background.run('reset_password', () => storage.rateLimits.refund(refund))
  return { ok: true, email: used.user.email, sessionsEnded: 0 }
}
