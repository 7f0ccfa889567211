import type {
  EnrollingSignIn,
  EnrollmentStart,
  PendingKey,
  PendingToken,
  SignInMethod,
  TokenHash,
} from 'torii-core'
import { newSessionId, pendingSignInSeconds, requireEmail } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { codeCandidates, hashCode, newCode, readCode } from '../../crypto/mailed-code.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { factorAddedMail } from '../../mail/second-factor-mail.js'
import { hashRecoveryCode, newRecoveryCodes } from '../../one-time-codes/recovery-codes.js'
import { matchingStep, newTotpSecret, readTotpCode } from '../../one-time-codes/totp.js'
import { callerFor, callerOf } from '../../rate-limits/caller.js'
import { completionCharge, mailCharges } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { InvalidToken, Refused, TooManyAttempts } from '../refusals.js'
import { invalidToken } from '../refusals.js'
import { rotateSecret } from '../sessions/session-key.js'
import type { SignedIn } from '../sign-in.js'
import { readPendingToken, refused } from './answer.js'
import type { TotpStarted } from './enroll.js'
import { readText, totpStarted } from './enroll.js'
import { decryptSecret, encryptSecret } from './stored-secret.js'

/** The pending sign-in of a user who must enroll a second factor, and the code that was mailed to them. */
export interface StartTotpAtSignInInput {
  readonly token: string | PendingToken
  /** Eight digits; absent in the first call, which mails the code where one is needed. */
  readonly emailCode?: string | undefined
}

export type StartTotpAtSignInOutcome =
  | TotpStarted
  /** A code was mailed to the user: repeat the call with it. */
  | Refused<'email_code_required'>
  /** The mailed code is wrong. */
  | Refused<'invalid_code'>
  /** The pending sign-in is unknown, used or expired, its tries are spent, or its user has a second factor: sign in again. */
  | InvalidToken
  | TooManyAttempts

export interface ConfirmTotpAtSignInInput {
  readonly token: string | PendingToken
  /** The first code of the authenticator application. */
  readonly code: string
}

export type ConfirmTotpAtSignInOutcome<Metadata extends object> =
  /** `recoveryCodes` are shown here once. */
  | (SignedIn<Metadata> & { readonly recoveryCodes: readonly string[] })
  | Refused<'invalid_code'>
  /** The pending sign-in or the enrollment is unknown, used or expired, or its five tries are spent. */
  | InvalidToken
  | TooManyAttempts

/**
 * Creates the secret of an authenticator application for a user who must enroll one to sign in. A caller who has only a stolen first
 * factor must not enroll: unless the sign-in has proved the mailbox, a code is mailed first. Two statements; one more to mail.
 */
export const startTotpAtSignIn =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: StartTotpAtSignInInput,
    requestInfo: RequestInfo,
  ): Promise<StartTotpAtSignInOutcome> => {
    const { options, storage } = context
    options.keys.writing('totp-secrets')
    const started = await startEnrolling(context, input, requestInfo, async (key, codes) => {
      const secret = newTotpSecret()
      const encrypted = encryptSecret(options.keys, secret, key.userId)
      const start = { key, secret: encrypted, emailCodeHashes: codes }
      return [await storage.secondFactors.startTotpForSignIn(start), secret] as const
    })
    if (!started.ok) return started
    const { key, made, person } = started
    return totpStarted(options, made, person.email ?? person.name ?? key.userId)
  }

/** What became of a start: with what `begin` has made, or the refusal. */
type EnrollmentBegun<Made> =
  | {
      readonly ok: true
      readonly key: PendingKey
      readonly made: Made
      readonly person: EnrollingSignIn
      readonly info: CheckedRequestInfo
    }
  | Exclude<StartTotpAtSignInOutcome, { ok: true }>

/**
 * Starts an enrollment on a pending sign-in: mails a code first, unless the mailbox is proved or `emailCode` brings it, which
 * `begin` compares in its statement.
 */
export async function startEnrolling<Metadata extends object, Made>(
  context: ServiceContext<Metadata>,
  input: StartTotpAtSignInInput,
  requestInfo: RequestInfo,
  begin: (
    key: PendingKey,
    emailCodeHashes: readonly TokenHash[] | null,
  ) => Promise<readonly [EnrollmentStart, Made]>,
): Promise<EnrollmentBegun<Made>> {
  const { options, storage } = context
  const info = readRequestInfo(requestInfo)
  const emailCode = input.emailCode == null ? null : readText(input.emailCode, 'emailCode')
  const key = readPendingToken(input.token)
  if (key === null) return invalidToken
  const person = await storage.secondFactors.findEnrolling({
    key,
    ipAddress: callerCharge(context, info),
  })
  if (person === null) return invalidToken
  if ('reason' in person) return refused(context, person, info)
  if (!person.mailboxProved && emailCode === null) return mailCode(context, key, person, info)
  const of = { purpose: 'enrollment', subject: key.id } as const
  const codes = emailCode === null ? null : codeCandidates(options.keys, of, readCode(emailCode))
  const [started, made] = await begin(key, codes)
  if (started.ok) return { ok: true, key, made, person, info }
  if (started.reason === 'invalid_code')
    context.emit({
      events: [event('second_factor_failed', { userId: key.userId, info }, wrongCode)],
    })
  return started
}

const wrongCode = { factor: 'email_code' } as const

/** Mails a code in place of the former one. */
async function mailCode<Metadata extends object>(
  context: ServiceContext<Metadata>,
  key: PendingKey,
  { email, name }: EnrollingSignIn,
  info: CheckedRequestInfo,
): Promise<Refused<'email_code_required'> | InvalidToken | TooManyAttempts> {
  const { options, storage, emit } = context
  // Without an email address nothing has to be proved.
  const to = email ?? ''
  const emailKey = requireEmail(to)
  const lifetimeSeconds = pendingSignInSeconds
  const mail = { email: emailKey, purpose: 'enrollment_code', lifetimeSeconds } as const
  const asked = mailCharges(options.bruteForce, mail, callerFor(options.keys, info, emailKey))
  const charged = await storage.rateLimits.chargeMail(asked)
  if (!charged.ok) return refused(context, charged, info)
  if (!charged.allowed)
    return refused(
      context,
      { ok: false, reason: 'too_many_attempts', retryAfterSeconds: lifetimeSeconds },
      info,
    )
  const code = newCode()
  const codeHash = hashCode(options.keys, { purpose: 'enrollment', subject: key.id }, code)
  const allowances = [asked.address.key]
  if (!(await storage.secondFactors.setEmailCode(key, codeHash))) {
    await storage.rateLimits.giveBack(allowances)
    return invalidToken
  }
  emit({ mails: [queuedMail('enrollment_code', to, { name, code, lifetimeSeconds }, allowances)] })
  return { ok: false, reason: 'email_code_required' }
}

/**
 * Makes the secret the factor of the user by its first code, creates recovery codes, and opens the session of the pending sign-in.
 * Every other session of the user ends, and the owner gets a mail. Two statements.
 */
export const confirmTotpAtSignIn =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: ConfirmTotpAtSignInInput,
    requestInfo: RequestInfo,
  ): Promise<ConfirmTotpAtSignInOutcome<Metadata>> => {
    const { options, storage } = context
    const info = readRequestInfo(requestInfo)
    const code = readTotpCode(readText(input.code, 'code'))
    const key = readPendingToken(input.token)
    if (key === null) return invalidToken
    const lookup = { key, ipAddress: callerCharge(context, info) }
    const found = await storage.secondFactors.findEnrollmentForSignIn(lookup)
    if (found === null) return invalidToken
    if ('reason' in found) return refused(context, found, info)
    const secret = decryptSecret(options.keys, found.secret, key.userId)
    const step = matchingStep(secret, code, { step: found.step, lastStep: -1 })
    if (step === null) return { ok: false, reason: 'invalid_code', triesLeft: found.triesLeft }
    const recoveryCodes = newRecoveryCodes()
    const id = newSessionId()
    const { secretHash, token } = rotateSecret({ userId: key.userId, id })
    const outcome = await context.runWithEffects({
      run: ({ secondFactors }) =>
        secondFactors.confirmTotpForSignIn({
          key,
          confirmation: {
            secret: found.secret,
            step,
            recoveryCodes: recoveryCodes.map(hashRecoveryCode),
          },
          session: { id, secretHash },
        }),
      effects: (confirmed) => {
        if (!confirmed.ok) return {}
        const { user, session, sessionsEnded } = confirmed
        const eventContext = { userId: user.id, sessionId: session.id, info }
        // The sign-in method came first.
        const method = session.methods[0] as SignInMethod | 'imported'
        return {
          events: [
            event('second_factor_added', eventContext, { factor: 'totp', sessionsEnded }),
            event('signed_in', eventContext, { method, secondFactor: 'totp' }),
          ],
          // This sign-in has proved the mailbox, so no link in it could tell the owner from someone else.
          mails: factorAddedMail(user, null),
        }
      },
    })
    return outcome.ok
      ? { ok: true, user: outcome.user, session: outcome.session, token, recoveryCodes }
      : outcome
  }

/** What a token that is no pending sign-in counts against. */
export const callerCharge = (
  { options }: Pick<ServiceContext<object>, 'options'>,
  info: CheckedRequestInfo,
) => completionCharge(options.bruteForce, callerOf(options.keys, info))
