import type { EmailKey, Json, PasswordCredential, PasswordHash, RateLimitRefund } from 'torii-core'
import { InvalidInputError, invalidValue } from 'torii-core'
import { readEmail } from '../../base/email-input.js'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { PasswordHasher } from '../../password-hashing/hashing.js'
import type { GivenPassword } from '../../password-policy/text.js'
import { normalizePassword } from '../../password-policy/text.js'
import type { Caller } from '../../rate-limits/caller.js'
import { callerFor } from '../../rate-limits/caller.js'
import { asKnownOrStranger } from '../../rate-limits/known-or-stranger.js'
import { accountAttempt } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { hasherFor } from '../context/hasher.js'
import { event, eventsOfSignIn } from '../effects/effects.js'
import { mailVerification, rehearseVerification } from '../links/request-link.js'
import type { ResolvedOptions } from '../options/options.js'
import { secondFactorRequired } from '../pending-sign-in.js'
import type {
  Refused,
  RefusedByApplication,
  SecondFactorRequired,
  TooManyAttempts,
} from '../refusals.js'
import { invalidCredentials } from '../refusals.js'
import type { Remembering, SessionTerms } from '../sessions/new-session.js'
import { prepareSession, termsOf } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'

/** The credentials of a sign-in. */
export interface AuthenticateInput extends Remembering {
  email: string
  password: string
}

export type AuthenticateOutcome<Metadata extends object = Record<string, Json>> =
  | SignedIn<Metadata>
  /**
   * The email address is unknown, the password is wrong or not set, or the account is disabled or unverified. The
   * result and the time that it takes do not reveal which.
   */
  | Refused<'invalid_credentials'>
  | RefusedByApplication
  | SecondFactorRequired
  | TooManyAttempts

/**
 * Signs in by password: count and look-up in one statement, one verification in every case, and a second statement only
 * for the right password. A refused attempt takes no place in the hashing queue.
 * @see OWASP ASVS 5.0, 6.3.8
 */
export const authenticate =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: AuthenticateInput,
    requestInfo: RequestInfo,
  ): Promise<AuthenticateOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const checked = readInput(input, context.options)
    const refused = await context.before(['beforeSignIn', 'beforeSession'], {
      operation: 'password.authenticate',
      email: checked.email,
      info,
    })
    if (refused !== null) return refused
    const caller = callerFor(context.options.keys, info, checked.emailKey)
    return asKnownOrStranger(context.options.bruteForce, caller, (counted) =>
      signIn(context, checked, counted, info),
    )
  }

async function signIn<Metadata extends object>(
  context: ServiceContext<Metadata>,
  checked: CheckedInput,
  caller: Caller,
  info: CheckedRequestInfo,
): Promise<AuthenticateOutcome<Metadata>> {
  const attempt = attemptOf(context, checked, caller, info)
  return context.hashing.inTurn(attempt.account, async () => {
    const outcome = await attempt.run()
    // The account changed after the look-up, for example because its other sessions were revoked: that is no reason to
    // call a right password wrong. Counted and verified again, so a changed password is not accepted.
    if (outcome !== stale) return outcome
    const again = await attempt.run()
    return again === stale ? invalidCredentials : again
  })
}

/** The account changed between look-up and sign-in. */
const stale = Symbol('stale')

/** Prepares an attempt, which may run several times. `account` is the key that it counts under. */
function attemptOf<Metadata extends object>(
  context: ServiceContext<Metadata>,
  { email, emailKey, password, terms }: CheckedInput,
  caller: Caller,
  info: CheckedRequestInfo,
) {
  const { charges, refund } = accountAttempt(
    context.options.bruteForce,
    'password',
    emailKey,
    caller,
  )
  const account = charges.account.key
  const hasher = hasherFor(context, info, { account, reserved: caller.knownBrowser !== null })
  const run = async (): Promise<AuthenticateOutcome<Metadata> | typeof stale> => {
    const found = await context.storage.passwords.findForSignIn({ email, charges })
    if (!found.ok) {
      const path = { path: 'password' }
      context.emit({ events: [event('attempts_refused', { userId: null, info }, path)] })
      return found
    }
    const { credential } = found
    const matches = await hasher.verify(credential, password)
    // Checked after the hash, so that a disabled account takes as long as a wrong password.
    if (!matches || password === null || credential === null || credential.disabled) {
      await hasher.rehearse(email, credential, password)
      if (context.options.requireVerifiedEmail) rehearseVerification(context)
      return refused(context, credential, info)
    }
    if (context.options.requireVerifiedEmail && !credential.emailVerified) {
      await hasher.rehearse(email, credential, password)
      mailVerification(context, email, info)
      return refused(context, credential, info, 'unverified')
    }
    const rehash = await rehashIfNeeded(context, hasher, credential, password)
    return openSession(context, { credential, refund, ...rehash }, terms, info)
  }
  return { run, account }
}

/** The answer is the same for every reason; only the event contains it. */
function refused<Metadata extends object>(
  { emit }: ServiceContext<Metadata>,
  credential: PasswordCredential | null,
  info: CheckedRequestInfo,
  reason = credential?.disabled ? 'disabled' : 'wrong',
): typeof invalidCredentials {
  const detail = { method: 'password', reason } as const
  emit({ events: [event('sign_in_failed', { userId: credential?.userId ?? null, info }, detail)] })
  return invalidCredentials
}

interface VerifiedPassword {
  credential: PasswordCredential
  refund: RateLimitRefund
  rehash?: PasswordHash
}

async function openSession<Metadata extends object>(
  { options, runWithEffects }: ServiceContext<Metadata>,
  verified: VerifiedPassword,
  terms: SessionTerms,
  info: CheckedRequestInfo,
): Promise<SignedIn<Metadata> | SecondFactorRequired | typeof stale> {
  const { userId } = verified.credential
  const { session, token, pendingToken } = prepareSession(options, userId, 'password', info, terms)
  const eventContext = { userId, sessionId: session.id, info }
  const opened = await runWithEffects({
    run: ({ passwords }) => passwords.signIn({ ...verified, session }),
    effects: (outcome) => ({
      events: eventsOfSignIn(options.keys, outcome, 'password', eventContext),
    }),
  })
  if (opened.ok) return { ...opened, token }
  return opened.reason === 'second_factor_required'
    ? secondFactorRequired(options, opened.pending, pendingToken())
    : stale
}

/** Returns a new hash of a password that was stored under other parameters. A failure does not fail the sign-in. */
async function rehashIfNeeded(
  { options }: Pick<OperationContext<object>, 'options'>,
  hasher: PasswordHasher,
  { hash, userId }: PasswordCredential,
  given: GivenPassword,
): Promise<{ rehash?: PasswordHash }> {
  if (!hasher.needsRehash(hash, given)) return {}
  try {
    return { rehash: await hasher.hash(given.password) }
  } catch (error) {
    options.log({ level: 'warn', event: 'rehash_failed', userId, error })
    return {}
  }
}

interface CheckedInput {
  readonly email: string
  readonly emailKey: EmailKey
  /** Null for a text that no account can have as its password. It is verified at the same cost. */
  readonly password: GivenPassword | null
  /** Of the session that it opens. */
  readonly terms: SessionTerms
}

/** Reads and validates each member once. @throws InvalidInputError before any query */
function readInput(input: AuthenticateInput, options: ResolvedOptions): CheckedInput {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email, password }')
  const { password, remember } = input
  const { email, emailKey } = readEmail(input.email)
  if (typeof password !== 'string') throw invalidValue('password', 'must be a string')
  const text = normalizePassword(password)
  const terms = termsOf(options, remember)
  return { email, emailKey, password: text.ok ? text : null, terms }
}
