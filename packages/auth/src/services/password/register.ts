import type {
  Json,
  MailChargeOutcome,
  NewUser,
  ProfileChanges,
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
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { QueuedMail } from '../../mail/queued-mail.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { registrationCharges } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import type { Effects } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import { linkMail, linkSeconds } from '../links/link-mail.js'
import { hashLinkSecret, newLinkSecret } from '../links/link-token.js'
import type { ResolvedOptions } from '../options/options.js'
import type { PasswordRejected, Refused, TooManyAttempts } from '../refusals.js'
import { prepareSession } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'

/** A person who wants an account. */
export interface RegisterInput<Metadata extends object = Record<string, Json>>
  extends ProfileChanges<Metadata> {
  email: string
  password: string
}

/** An account whose address has to be verified before it signs anybody in. */
export interface RegisteredUnverified<Metadata extends object = Record<string, Json>> {
  readonly ok: true
  readonly user: User<Metadata>
  readonly session: null
  readonly token: null
}

export type RegisterOutcome<Metadata extends object = Record<string, Json>> =
  /** Where addresses need not be verified. */
  | SignedIn<Metadata>
  /** Where they do: nobody is signed in, a mail is on its way. */
  | RegisteredUnverified<Metadata>
  /**
   * Another account holds this address. Nothing of it is returned. Where addresses are verified its owner is
   * told by mail; answer whoever asked as if the account had been made.
   */
  | Refused<'email_taken'>
  | PasswordRejected
  | TooManyAttempts

/** Everything of a registration that takes time or counts, done: what is left is one statement. */
export interface PreparedRegistration<Metadata extends object = Record<string, Json>> {
  readonly ok: true
  readonly user: NewUser<Metadata>
  /** Of the session that is opened with the account, or null where none is. */
  readonly token: SessionToken | null
  /** The secret of the link that verifies the address, or null where none is to be mailed. */
  readonly linkSecret: Uint8Array | null
  readonly info: RequestInfo
}

/** What preparing came to: ready, or the refusal that registering would give. */
export type Preparation<Metadata extends object = Record<string, Json>> =
  | PreparedRegistration<Metadata>
  | Exclude<RegisterOutcome<Metadata>, { ok: true } | { reason: 'email_taken' }>

/**
 * Checks, charges the network and the address's mail, and hashes: the part that holds no connection while it
 * computes and takes no part in a transaction. A taken address is not looked for, so it costs the same.
 */
export async function prepareRegistration<Metadata extends object>(
  { options, hashing, validatePassword, storage, emit }: ServiceContext<Metadata>,
  input: RegisterInput<Metadata>,
  requestInfo: RequestInfo,
): Promise<Preparation<Metadata>> {
  const info = readRequestInfo(requestInfo)
  const { password: text, ...profile } = readInput(input)
  const validated = await validatePassword(text, {
    email: profile.email,
    name: profile.name ?? null,
  })
  if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
  return hashing.withSlot(async (hasher) => {
    const charged = await chargeRegistration(options, storage, profile.email, info)
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

/** Where nothing can be mailed, the address has no allowance to count. */
async function chargeRegistration(
  { bruteForce, mailer }: ResolvedOptions,
  { rateLimits }: Pick<RepositoryProvider<object>, 'rateLimits'>,
  email: string,
  { ip }: RequestInfo,
): Promise<MailChargeOutcome> {
  const charges = registrationCharges(bruteForce, requireEmail(email), ip)
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

type Registered<Metadata extends object> = Extract<
  RegisterOutcome<Metadata>,
  { ok: true } | { reason: 'email_taken' }
>

/** Makes the account and, where that needs no verified address, opens its first session: one commit. */
export async function completeRegistration<Metadata extends object>(
  { options, runWithEffects }: OperationContext<Metadata>,
  prepared: PreparedRegistration<Metadata>,
): Promise<Registered<Metadata>> {
  const { user, token } = prepared
  const made = await runWithEffects({
    run: ({ users }) => users.register(user),
    effects: (outcome) => emitRegistration(options, prepared, outcome),
    createsUser: true,
  })
  if (!made.ok) return { ok: false, reason: 'email_taken' }
  if (token === null) return { ok: true, user: made.user, session: null, token: null }
  // The contract opens the session that was handed in; without it nobody is signed in.
  if (made.session === null) throw new Error('the storage made an account without its session')
  return { ok: true, user: made.user, session: made.session, token }
}

type Made<Metadata extends object> = Awaited<
  ReturnType<ServiceContext<Metadata>['storage']['users']['register']>
>

function emitRegistration<Metadata extends object>(
  options: ResolvedOptions,
  { linkSecret, info }: PreparedRegistration<Metadata>,
  outcome: Made<Metadata>,
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
 * The owner of a taken address is told. Where registering signs in at once, the person who asked sees that
 * it is taken, and nobody is mailed for it.
 */
function noticeMail(
  options: ResolvedOptions,
  secret: Uint8Array | null,
  notice: Extract<Made<object>, { ok: false }>['notice'],
): readonly QueuedMail[] {
  if (notice === null || secret === null || !options.requireVerifiedEmail) return []
  const { to } = notice
  return notice.kind === 'already_registered'
    ? [queuedMail('already_registered', to, {})]
    : [linkMail(options, 'verify_email', { to, userId: notice.userId, secret })]
}

type CheckedInput<Metadata extends object> = ProfileChanges<Metadata> & {
  email: string
  password: string
}

/** Each member read once and checked. @throws InvalidInputError before any query */
function readInput<Metadata extends object>(
  input: RegisterInput<Metadata>,
): CheckedInput<Metadata> {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email, password }')
  const { email, password, name, picture, metadata } = input
  requireEmail(email)
  if (typeof password !== 'string') throw new InvalidInputError('password', 'must be a string')
  if (metadata !== undefined) checkMetadata(metadata)
  return {
    email,
    password,
    ...(name === undefined ? {} : { name: checkName(name) }),
    ...(picture === undefined ? {} : { picture: checkPicture(picture) }),
    ...(metadata === undefined ? {} : { metadata }),
  }
}
