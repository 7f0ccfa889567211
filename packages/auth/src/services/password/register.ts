import type {
  EmailKey,
  Json,
  MailChargeOutcome,
  NewUser,
  ProfileChanges,
  Registration,
  RepositoryProvider,
  SessionToken,
  User,
} from 'torii-core'
import {
  checkMetadata,
  checkName,
  checkPicture,
  InvalidInputError,
  newUserId,
  requireEmail,
} from 'torii-core'
import { readEmail } from '../../base/email-input.js'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { QueuedMail } from '../../mail/queued-mail.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { requirePasswordText } from '../../password-policy/text.js'
import { mailboxAttempts, registrationCharges } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import type { Effects } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import { linkMail, linkSeconds } from '../links/link-mail.js'
import { hashLinkSecret, newLinkSecret } from '../links/link-token.js'
import type { ResolvedOptions } from '../options/options.js'
import type { PasswordRejected, Refused, TooManyAttempts } from '../refusals.js'
import { prepareSession } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'

/** The data of a new account. */
export interface RegisterInput<Metadata extends object = Record<string, Json>>
  extends ProfileChanges<Metadata> {
  email: string
  password: string
}

/** A new account whose email address must be verified before the user can sign in. */
export interface RegisteredUnverified<Metadata extends object = Record<string, Json>> {
  readonly ok: true
  readonly user: User<Metadata>
  readonly session: null
  readonly token: null
}

export type RegisterOutcome<Metadata extends object = Record<string, Json>> =
  /** If `requireVerifiedEmail` is off: the user is signed in. */
  | SignedIn<Metadata>
  /** If it is on: the user is not signed in, and a verification link is mailed. */
  | RegisteredUnverified<Metadata>
  /**
   * Another account uses this email address. Its data are not returned. If `requireVerifiedEmail` is on, its owner is
   * notified by mail; answer the request as if the account had been created.
   */
  | Refused<'email_taken'>
  | PasswordRejected
  | TooManyAttempts

/** A registration that is validated, counted and hashed: only its one statement is left. */
export interface PreparedRegistration<Metadata extends object = Record<string, Json>> {
  readonly ok: true
  readonly user: NewUser<Metadata>
  /** The token of the session that is opened with the account, or null if none is opened. */
  readonly token: SessionToken | null
  /** The secret of the verification link, or null if none is mailed. */
  readonly linkSecret: Uint8Array | null
  readonly info: RequestInfo
}

/** A prepared registration, or the reason for which registering would refuse. */
export type Preparation<Metadata extends object = Record<string, Json>> =
  | PreparedRegistration<Metadata>
  | Exclude<RegisterOutcome<Metadata>, { ok: true } | { reason: 'email_taken' }>

/**
 * Validates a registration, counts it against the rate limits and hashes the password. Holds no connection while it
 * hashes and takes part in no transaction. It does not look for the email address, so a taken one costs the same.
 */
export const prepareRegistration =
  <Metadata extends object>({
    options,
    hashing,
    validatePassword,
    storage,
    emit,
  }: ServiceContext<Metadata>) =>
  async (
    input: RegisterInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<Preparation<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const { emailKey, password: text, profile } = readInput(input)
    const submitted = { email: profile.email, name: profile.name ?? null }
    const validated = await validatePassword(text, submitted)
    if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
    return hashing.withSlot(async (hasher) => {
      const charged = await chargeRegistration(options, storage, emailKey, info)
      if (!charged.ok) {
        emit({ events: [event('attempts_refused', { userId: null, info }, { path: 'register' })] })
        return charged
      }
      const passwordHash = await hasher.hash(validated.password)
      const id = newUserId()
      const opened = options.requireVerifiedEmail
        ? null
        : prepareSession(id, 'password', info, options.session)
      const linkSecret = options.mailer !== null && charged.allowed ? newLinkSecret() : null
      return {
        ok: true,
        user: {
          ...profile,
          id,
          passwordHash,
          ...(opened === null ? {} : { session: opened.session }),
          ...(linkSecret === null ? {} : { verification: verificationOf(options, linkSecret) }),
        },
        token: opened?.token ?? null,
        linkSecret,
        info,
      }
    })
  }

/** Without a mailer nothing is mailed, so only the IP address is counted. */
async function chargeRegistration(
  { bruteForce, mailer }: ResolvedOptions,
  { rateLimits }: Pick<RepositoryProvider<object>, 'rateLimits'>,
  email: EmailKey,
  { ip }: CheckedRequestInfo,
): Promise<MailChargeOutcome> {
  const charges = registrationCharges(bruteForce, email, ip)
  if (mailer !== null) return rateLimits.chargeMail(charges)
  const { ipAddress } = charges
  if (ipAddress === null) return { ok: true, allowed: false }
  const charged = await rateLimits.charge({ account: null, ipAddress })
  return charged.ok ? { ok: true, allowed: false } : charged
}

const verificationOf = (options: ResolvedOptions, secret: Uint8Array) => ({
  secretHash: hashLinkSecret('verify_email', secret),
  lifetimeSeconds: linkSeconds(options, 'verify_email'),
})

/** The outcomes of a registration that has been prepared. */
type CompletedRegistration<Metadata extends object> = Extract<
  RegisterOutcome<Metadata>,
  { ok: true } | { reason: 'email_taken' }
>

/** Creates the account and, unless its email address must be verified first, its first session, in one commit. */
export const completeRegistration =
  <Metadata extends object>({ options, runWithEffects }: OperationContext<Metadata>) =>
  async (prepared: PreparedRegistration<Metadata>): Promise<CompletedRegistration<Metadata>> => {
    const { user, token } = prepared
    const created = await runWithEffects({
      run: ({ users }) => users.register(user),
      effects: (outcome) => effectsOf(options, prepared, outcome),
      createsUser: true,
    })
    if (!created.ok) return { ok: false, reason: 'email_taken' }
    if (token === null) return { ok: true, user: created.user, session: null, token: null }
    // The storage opens the session that it is given; without one the user must not be signed in.
    if (created.session === null)
      throw new Error('the storage created an account without its session')
    return { ok: true, user: created.user, session: created.session, token }
  }

function effectsOf<Metadata extends object>(
  options: ResolvedOptions,
  { linkSecret, info }: PreparedRegistration<Metadata>,
  outcome: Registration<Metadata>,
): Effects<Metadata> {
  if (!outcome.ok) return { mails: noticeMail(options, linkSecret, outcome.notice) }
  const { user, session } = outcome
  const eventContext = { userId: user.id, sessionId: session?.id ?? null, info }
  const method = 'password'
  return {
    created: user,
    events: [
      event('user_created', eventContext, { method }),
      ...(session === null ? [] : [event('signed_in', eventContext, { method })]),
    ],
    mails:
      linkSecret === null || user.email === null
        ? []
        : [
            linkMail(options, 'verify_email', {
              to: user.email,
              userId: user.id,
              secret: linkSecret,
            }),
          ],
  }
}

/**
 * Notifies the owner of a taken email address. If registering signs in at once, the caller sees that the address is
 * taken, so no mail is sent.
 */
function noticeMail(
  options: ResolvedOptions,
  secret: Uint8Array | null,
  notice: Extract<Registration, { ok: false }>['notice'],
): readonly QueuedMail[] {
  if (notice === null || secret === null || !options.requireVerifiedEmail) return []
  const { to } = notice
  return notice.kind === 'already_registered'
    ? [queuedMail('already_registered', to, {}, [mailboxAttempts(requireEmail(to))])]
    : [linkMail(options, 'verify_email', { to, userId: notice.userId, secret })]
}

interface CheckedInput<Metadata extends object> {
  readonly emailKey: EmailKey
  readonly password: string
  readonly profile: ProfileChanges<Metadata> & { email: string }
}

/** Reads and validates each member once. @throws InvalidInputError before any query */
function readInput<Metadata extends object>(
  input: RegisterInput<Metadata>,
): CheckedInput<Metadata> {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email, password }')
  const { password, name, picture, metadata } = input
  const { email, emailKey } = readEmail(input.email)
  requirePasswordText(password, 'password')
  if (metadata !== undefined) checkMetadata(metadata)
  return {
    emailKey,
    password,
    profile: {
      email,
      ...(name === undefined ? {} : { name: checkName(name) }),
      ...(picture === undefined ? {} : { picture: checkPicture(picture) }),
      ...(metadata === undefined ? {} : { metadata }),
    },
  }
}
