import type {
  Charge,
  EmailVerification,
  MailboxHolder,
  PasswordHash,
  SessionToken,
  TokenHash,
  UsedForm,
  UsedLink,
  User,
  ValidSession,
  Verification,
  VerificationKey,
} from 'torii-core'
import { InvalidInputError, invalidValue } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { SessionSecrets } from '../../crypto/session-token.js'
import type { ToriiEvent } from '../../events/event.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { PasswordHasher } from '../../password-hashing/hashing.js'
import { normalizePassword, requirePasswordText } from '../../password-policy/text.js'
import { callerOf } from '../../rate-limits/caller.js'
import { completionCharge, verificationAttempt } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { hasherFor } from '../context/hasher.js'
import { event, waitsForFactor } from '../effects/effects.js'
import { hashOfForm, readLandingNonce, sessionOfForm } from '../links/landing-form.js'
import type { LinkToken } from '../links/link-token.js'
import { parseVerificationToken } from '../links/link-token.js'
import { secondFactorRequired } from '../pending-sign-in.js'
import type {
  InvalidToken,
  PasswordRejected,
  Refused,
  RefusedByApplication,
  SecondFactorRequired,
  TooManyAttempts,
} from '../refusals.js'
import { invalidCredentials, invalidToken } from '../refusals.js'
import type { Remembering, SessionTerms } from '../sessions/new-session.js'
import { prepareSession, termsOf } from '../sessions/new-session.js'
import { actorOf } from '../sessions/valid-session.js'
import type { SignedIn } from '../sign-in.js'

/** The token of a verification link, with an optional password or session. Send at most one password. */
export interface VerifyInput<Metadata extends object> extends Remembering {
  token: string | LinkToken
  /** The account's password. A wrong one changes nothing. */
  password?: string | null
  /** A password to set instead of the account's, for a user who forgot it or never set one. */
  newPassword?: string | null
  /** The session of the browser that opened the link, or null. */
  valid?: ValidSession<Metadata> | null
  /**
   * The nonce of the browser that posts the form of the link's page. The same form, sent twice within a minute, then has
   * the same result (default: null, the token works once).
   */
  nonce?: string | null
}

export type VerifyOutcome<Metadata extends object> =
  /** With a password, the user is signed in. */
  | SignedIn<Metadata>
  /** Without a password, the email address is verified, and the user is not signed in. */
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: null
      readonly token: null
    }
  /** `password` is wrong, or the account has none. Nothing was changed, and the link is valid for five such tries. */
  | Refused<'invalid_credentials'>
  | PasswordRejected
  | InvalidToken
  | RefusedByApplication
  /** The email address is verified; the session that the password was to open waits for the second factor. */
  | SecondFactorRequired
  | TooManyAttempts

/**
 * Verifies an email address. The token proves who reads the mailbox, not who created the account. A user who also has
 * the account's password, or a live session of it, keeps all credentials. For any other user the credentials that were
 * created before the verification are removed, since an attacker may have created them; `newPassword` is then set.
 */
export const verifyEmail =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: VerifyInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<VerifyOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const { token, password, newPassword, valid, nonce, remember } = readInput(input)
    const terms = termsOf(context.options, remember)
    // Without a password, a verification opens no session, so the hooks of a sign-in do not run.
    const refused =
      password === null && newPassword === null
        ? null
        : await context.before(['beforeSignIn', 'beforeSession'], {
            operation: 'email.verify',
            info,
          })
    if (refused !== null) return refused
    if (newPassword !== null) {
      // Judged by the submitted values alone, before any query.
      const validated = await context.validatePassword(newPassword, { email: '', name: null })
      if (!validated.ok)
        return { ok: false, reason: 'password_rejected', problem: validated.problem }
      const key = parseVerificationToken('verify_email', token)
      if (key === null) return invalidToken
      const form = formOf(nonce, token, ['new_password', newPassword])
      return verifyWithPassword(context, { key, form, terms }, info, async (hasher) => ({
        kind: 'new_password',
        passwordHash: await hasher.hash(validated.password),
      }))
    }
    const key = parseVerificationToken('verify_email', token)
    if (key === null) return invalidToken
    if (password === null)
      return verifyByMailbox(context, { key, form: formOf(nonce, token, []), terms }, valid, info)
    const text = normalizePassword(password)
    const given = text.ok ? text : null
    const form = formOf(nonce, token, ['password', password])
    return verifyWithPassword(
      context,
      { key, form, terms },
      info,
      async (hasher, { passwordHash, userId }) => {
        const stored = passwordHash === null ? null : { userId, hash: passwordHash }
        const matches = await hasher.verify(stored, given)
        return matches && passwordHash !== null
          ? { kind: 'password', verified: passwordHash }
          : null
      },
    )
  }

/** @throws InvalidInputError before any query */
function readInput<Metadata extends object>(input: VerifyInput<Metadata>) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { token, password?, newPassword? }')
  const { token, password = null, newPassword = null, valid = null, nonce = null, remember } = input
  if (password !== null && newPassword !== null)
    throw invalidValue('newPassword', 'must not be sent together with password')
  return {
    token,
    password: password === null ? null : requirePasswordText(password, 'password'),
    newPassword: newPassword === null ? null : requirePasswordText(newPassword, 'newPassword'),
    valid,
    nonce: readLandingNonce(nonce),
    remember,
  }
}

/** The token, and the form that uses it if a page posts one. */
interface PostedToken {
  readonly key: VerificationKey
  /** Of the session that a password opens. */
  readonly terms: SessionTerms
  readonly form: LandingForm | null
}

interface LandingForm {
  readonly usedBy: TokenHash
  /** The id and secret of the session that the form opens if it has a password. */
  readonly secrets: SessionSecrets
}

const formOf = (
  nonce: string | null,
  token: string | LinkToken,
  fields: readonly string[],
): LandingForm | null =>
  nonce === null
    ? null
    : {
        usedBy: hashOfForm(nonce, 'verify_email', fields),
        secrets: sessionOfForm(nonce, token),
      }

async function verifyByMailbox<Metadata extends object>(
  context: ServiceContext<Metadata>,
  posted: PostedToken,
  valid: ValidSession<Metadata> | null,
  info: CheckedRequestInfo,
): Promise<VerifyOutcome<Metadata>> {
  const { key, form } = posted
  // A session of another account proves nothing about this one.
  const actor = valid !== null && valid.user.id === key.userId ? actorOf(valid) : null
  const holder: MailboxHolder =
    actor === null ? { kind: 'mailbox_only' } : { kind: 'session', actor }
  const caller = callerOf(context.options.keys, info)
  const ipAddress = completionCharge(context.options.bruteForce, caller)
  const usedBy = form?.usedBy ?? null
  const outcome = await verify(context, { key, holder, ipAddress, usedBy }, info)
  // Unless the session has ended since: the token is then still valid, and proves the mailbox without it.
  const isFinal = outcome.ok || holder.kind === 'mailbox_only' || outcome.reason !== 'invalid_token'
  const alone = { key, holder: { kind: 'mailbox_only' }, ipAddress, usedBy } as const
  const last = isFinal ? outcome : await verify(context, alone, info)
  if (last.ok || last.reason !== 'invalid_token') return withoutSession(context, last, info)
  const used = await findUsed(context, posted, null)
  return used === null ? last : { ok: true, user: used.user, session: null, token: null }
}

/** What the same form has just done, if it was sent twice. */
const findUsed = async <Metadata extends object>(
  { storage }: ServiceContext<Metadata>,
  { key, form }: PostedToken,
  session: UsedForm['session'],
): Promise<UsedLink<Metadata> | null> =>
  form === null
    ? null
    : storage.verificationTokens.findUsed('verify_email', key, { usedBy: form.usedBy, session })

function withoutSession<Metadata extends object>(
  context: ServiceContext<Metadata>,
  outcome: EmailVerification<Metadata>,
  info: CheckedRequestInfo,
): VerifyOutcome<Metadata> {
  if (outcome.ok) return { ok: true, user: outcome.user, session: null, token: null }
  return outcome.reason === 'too_many_attempts' ? emitRefused(context, outcome, info) : outcome
}

function emitRefused(
  { emit }: Pick<ServiceContext<object>, 'emit'>,
  refusal: TooManyAttempts,
  info: CheckedRequestInfo,
): TooManyAttempts {
  emit({ events: [event('attempts_refused', { userId: null, info }, { path: 'verify_email' })] })
  return refusal
}

/** What a password proves: that it is the account's, or that it is to be set. */
type PasswordHolder =
  | { readonly kind: 'password'; readonly verified: PasswordHash }
  | { readonly kind: 'new_password'; readonly passwordHash: PasswordHash }

/** Counts, reads the token, and only then takes a place in the hashing queue. `prove` returns null for a wrong password. */
async function verifyWithPassword<Metadata extends object>(
  context: ServiceContext<Metadata>,
  posted: PostedToken,
  info: CheckedRequestInfo,
  prove: (hasher: PasswordHasher, found: Verification) => Promise<PasswordHolder | null>,
): Promise<VerifyOutcome<Metadata>> {
  const { options, storage, emit, background } = context
  const { key, form } = posted
  const link = { secretHash: key.secretHash, lifetimeSeconds: options.email.verifySeconds }
  const caller = callerOf(options.keys, info)
  const { charges, refund } = verificationAttempt(options.bruteForce, link, caller)
  const charged = await storage.rateLimits.chargeMail(charges)
  if (!charged.ok) return emitRefused(context, charged, info)
  const { session, token, pendingToken } = prepareSession(
    options,
    key.userId,
    'password',
    info,
    posted.terms,
    form?.secrets,
  )
  const giveBack = () => background.run('verify_email', () => storage.rateLimits.refund(refund))
  const repeated = async (): Promise<VerifyOutcome<Metadata>> => {
    const used = await findUsed(context, posted, session)
    if (used === null) return invalidToken
    giveBack()
    return used.pending === null
      ? signedIn(used, token)
      : secondFactorRequired(options, used.pending, pendingToken())
  }
  const found = charged.allowed ? await storage.verificationTokens.find('verify_email', key) : null
  if (found === null) return repeated()
  const hasher = hasherFor(context, info, { account: charges.address.key, reserved: true })
  const holder = await prove(hasher, found)
  if (holder === null) {
    const detail = { method: 'password', reason: 'wrong' } as const
    emit({ events: [event('sign_in_failed', { userId: key.userId, info }, detail)] })
    return invalidCredentials
  }
  const usedBy = form?.usedBy ?? null
  const use = { key, holder: { ...holder, session }, ipAddress: null, usedBy }
  const outcome = await verify(context, use, info)
  if (!outcome.ok) return outcome.reason === 'invalid_token' ? repeated() : outcome
  giveBack()
  return outcome.pending === null
    ? signedIn(outcome, token)
    : secondFactorRequired(options, outcome.pending, pendingToken())
}

interface TokenUse {
  readonly key: VerificationKey
  readonly holder: MailboxHolder
  /** What a failure counts against; null if the attempt was counted before. */
  readonly ipAddress: Charge | null
  readonly usedBy: TokenHash | null
}

async function verify<Metadata extends object>(
  { options, runWithEffects }: OperationContext<Metadata>,
  { key, holder, ipAddress, usedBy }: TokenUse,
  info: CheckedRequestInfo,
): Promise<EmailVerification<Metadata>> {
  const replaces = holder.kind === 'new_password'
  const keeps = holder.kind === 'password' || holder.kind === 'session'
  return runWithEffects({
    run: ({ verificationTokens }) => verificationTokens.verifyEmail(key, holder, ipAddress, usedBy),
    effects: (outcome) => {
      if (!outcome.ok) return {}
      const { user, session } = outcome
      const eventContext = { userId: user.id, sessionId: session?.id ?? null, info }
      const events: ToriiEvent[] = [event('email_verified', eventContext, { by: 'user' })]
      if (!keeps)
        events.push(event('unverified_credentials_removed', eventContext, { method: 'email' }))
      if (replaces) events.push(event('password_set', eventContext, {}))
      if (session !== null) events.push(event('signed_in', eventContext, { method: 'password' }))
      if (outcome.pending !== null)
        events.push(waitsForFactor(options.keys, 'password', eventContext, outcome.pending))
      const mails =
        replaces && user.email !== null
          ? [queuedMail('password_changed', user.email, { name: user.name })]
          : []
      return { events, mails }
    },
  })
}

function signedIn<Metadata extends object>(
  { user, session }: Pick<UsedLink<Metadata>, 'user' | 'session'>,
  token: SessionToken,
): SignedIn<Metadata> {
  // The storage opens the session that it is given; without one the user must not be signed in.
  if (session === null) throw new Error('the storage verified an email address without its session')
  return { ok: true, user, session, token }
}
