import type {
  EmailKey,
  Json,
  MailChargeOutcome,
  NewUser,
  ProfileChanges,
  RateLimitKey,
  Registration,
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
import { readRequestInfo, requestOf } from '../../base/request-info.js'
import type { QueuedMail } from '../../mail/queued-mail.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { requirePasswordText } from '../../password-policy/text.js'
import { mailboxKey } from '../../rate-limits/keys.js'
import { registrationCharges } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { hasherFor } from '../context/hasher.js'
import type { Effects } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import { countedMail, linkMail, linkSeconds } from '../links/link-mail.js'
import { hashLinkSecret, newLinkSecret } from '../links/link-token.js'
import type { ResolvedOptions } from '../options/options.js'
import type {
  PasswordRejected,
  Refused,
  RefusedByApplication,
  TooManyAttempts,
} from '../refusals.js'
import type { Remembering } from '../sessions/new-session.js'
import { prepareSession, readRemember, termsOf } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'
import { validateFields } from './sign-up-fields.js'

/** The data of a new account. */
export interface RegisterInput<Metadata extends object = Record<string, Json>>
  extends ProfileChanges<Metadata>,
    Remembering {
  email: string
  password: string
  /**
   * The application's own fields, for the schema of `signUp.fields`; refused without that option. `metadata`, if given as
   * well, is stored in place of what `signUp.metadata` returns.
   */
  fields?: object | null
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
  /** The schema of `signUp.fields` refuses the application's own fields. Nothing was counted. */
  | Refused<'fields_rejected'>
  | RefusedByApplication
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
  /** The application's own fields, as its schema returned them. */
  readonly fields: unknown
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
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: RegisterInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<Preparation<Metadata>> => {
    const { options, before, validatePassword, emit } = context
    const info = readRequestInfo(requestInfo)
    const { emailKey, password: text, profile: given, ownFields, remember } = readInput(input)
    const checked = await validateFields(options.signUp, ownFields)
    if (!checked.ok) return checked
    const { fields } = checked
    const refused = await before(
      options.requireVerifiedEmail ? ['beforeRegister'] : ['beforeRegister', 'beforeSession'],
      { operation: 'password.register', email: given.email, fields, info },
    )
    if (refused !== null) return refused
    const profile = withMetadata(options, given, fields)
    const submitted = { email: profile.email, name: profile.name ?? null }
    const validated = await validatePassword(text, submitted)
    if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
    const { charged, account } = await chargeRegistration(context, emailKey, info)
    if (!charged.ok) {
      emit({ events: [event('attempts_refused', { userId: null, info }, { path: 'register' })] })
      return charged
    }
    const hasher = hasherFor(context, info, { account, reserved: false })
    const passwordHash = await hasher.hash(validated.password)
    const id = newUserId()
    const opened = options.requireVerifiedEmail
      ? null
      : prepareSession(options, id, 'password', info, termsOf(options, remember))
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
      fields,
      info,
    }
  }

/** Adds the metadata that the application makes of its own fields. The application's code may also have given them. */
function withMetadata<Metadata extends object>(
  { signUp }: Pick<ResolvedOptions, 'signUp'>,
  profile: RegistrationProfile<Metadata>,
  fields: unknown,
): RegistrationProfile<Metadata> {
  if (signUp.metadata === null || profile.metadata !== undefined) return profile
  const metadata = signUp.metadata(fields)
  checkMetadata(metadata)
  // `ToriiOptions` ties the function to the type of the metadata.
  return { ...profile, metadata: metadata as Metadata }
}

/** Counts a registration. Without a mailer nothing is mailed, so only the IP address is counted. */
async function chargeRegistration(
  { options, storage }: Pick<ServiceContext<object>, 'options' | 'storage'>,
  email: EmailKey,
  { ip }: CheckedRequestInfo,
): Promise<{ charged: MailChargeOutcome; account: RateLimitKey | null }> {
  const { rateLimits } = storage
  const mail = countedMail(options, 'verify_email', email)
  const charges = registrationCharges(options.bruteForce, mail, ip)
  if (options.mailer !== null)
    return { charged: await rateLimits.chargeMail(charges), account: charges.address.key }
  const charged = await rateLimits.charge({ account: null, ipAddress: charges.ipAddress })
  return { charged: charged.ok ? { ok: true, allowed: false } : charged, account: null }
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
  { linkSecret, fields, info }: PreparedRegistration<Metadata>,
  outcome: Registration<Metadata>,
): Effects<Metadata> {
  if (!outcome.ok) return { mails: noticeMail(options, linkSecret, outcome.notice) }
  const { user, session } = outcome
  const eventContext = { userId: user.id, sessionId: session?.id ?? null, info }
  const method = 'password'
  return {
    created: { user, method, fields, request: requestOf(readRequestInfo(info)) },
    events: [
      event('user_created', eventContext, { method }),
      ...(session === null ? [] : [event('signed_in', eventContext, { method })]),
    ],
    mails:
      linkSecret === null || user.email === null
        ? []
        : [
            linkMail(
              options,
              'verify_email',
              { to: user.email, userId: user.id, secret: linkSecret },
              allowancesOf(user.email),
            ),
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
    ? [queuedMail('already_registered', to, {}, allowancesOf(to))]
    : [linkMail(options, 'verify_email', { to, userId: notice.userId, secret }, allowancesOf(to))]
}

/** What the mail of a registration counted against besides the IP address. */
const allowancesOf = (to: string): readonly RateLimitKey[] => [
  mailboxKey({ email: requireEmail(to), purpose: 'verify_email' }),
]

type RegistrationProfile<Metadata extends object> = ProfileChanges<Metadata> & { email: string }

interface CheckedInput<Metadata extends object> {
  readonly emailKey: EmailKey
  readonly password: string
  readonly remember: boolean
  readonly profile: RegistrationProfile<Metadata>
  /** Not validated yet. */
  readonly ownFields: unknown
}

/** Reads and validates each member once. @throws InvalidInputError before any query */
function readInput<Metadata extends object>(
  input: RegisterInput<Metadata>,
): CheckedInput<Metadata> {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email, password }')
  const { password, name, picture, metadata, fields } = input
  const remember = readRemember(input.remember)
  const { email, emailKey } = readEmail(input.email)
  requirePasswordText(password, 'password')
  if (metadata !== undefined) checkMetadata(metadata)
  return {
    emailKey,
    password,
    remember,
    ownFields: fields,
    profile: {
      email,
      ...(name === undefined ? {} : { name: checkName(name) }),
      ...(picture === undefined ? {} : { picture: checkPicture(picture) }),
      ...(metadata === undefined ? {} : { metadata }),
    },
  }
}
