import type { Json, PasswordCredential, PasswordHash, RateLimitRefund } from 'torii-core'
import { InvalidInputError, requireEmail } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { PasswordHasher } from '../../password-hashing/hashing.js'
import type { NormalizedPassword } from '../../password-policy/text.js'
import { normalizePassword } from '../../password-policy/text.js'
import { signInAttempt } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import { mailVerification } from '../links/request-link.js'
import type { Refused, TooManyAttempts } from '../refusals.js'
import { prepareSession } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'

/** A person who says who they are. */
export interface AuthenticateInput {
  email: string
  password: string
}

export type AuthenticateOutcome<Metadata extends object = Record<string, Json>> =
  | SignedIn<Metadata>
  /** Unknown address, no password, wrong password, disabled or unverified account: one answer, one cost. */
  | Refused<'invalid_credentials'>
  | TooManyAttempts

const invalidCredentials = Object.freeze({ ok: false, reason: 'invalid_credentials' } as const)

/**
 * One attempt: a place in the queue, the charge and the look-up in one statement, one verification
 * whatever was found, and only for the right password a second statement.
 * @see OWASP ASVS 5.0, 6.3.8
 */
export async function authenticate<Metadata extends object>(
  context: ServiceContext<Metadata>,
  input: AuthenticateInput,
  requestInfo: RequestInfo,
): Promise<AuthenticateOutcome<Metadata>> {
  const info = readRequestInfo(requestInfo)
  const { email, emailKey, password } = readInput(input)
  const { charges, refund } = signInAttempt(context.options.bruteForce, emailKey, info.ip)
  return context.hashing.withSlot(async (hasher) => {
    const found = await context.storage.passwords.findForSignIn({ email, charges })
    if (!found.ok) {
      const path = { path: 'password' }
      context.emit({ events: [event('attempts_refused', { userId: null, info }, path)] })
      return found
    }
    const { credential } = found
    const matches = await hasher.verify(credential, password)
    // Judged after the work, so that a disabled account costs what a wrong password costs.
    if (!matches || password === null || credential === null || credential.disabled)
      return refused(context, credential, info)
    if (context.options.requireVerifiedEmail && !credential.emailVerified) {
      mailVerification(context, email, info)
      return refused(context, credential, info, 'unverified')
    }
    const rehash = await hashAgain(context, hasher, credential, password)
    return openSession(context, { credential, refund, ...rehash }, info)
  })
}

/** One answer for everything, whatever the event says. */
function refused<Metadata extends object>(
  { emit }: ServiceContext<Metadata>,
  credential: PasswordCredential | null,
  info: RequestInfo,
  reason = credential?.disabled ? 'disabled' : 'wrong',
): typeof invalidCredentials {
  const detail = { method: 'password', reason } as const
  emit({ events: [event('sign_in_failed', { userId: credential?.userId ?? null, info }, detail)] })
  return invalidCredentials
}

interface Proof {
  credential: PasswordCredential
  refund: RateLimitRefund
  rehash?: PasswordHash
}

async function openSession<Metadata extends object>(
  { options, runWithEffects }: ServiceContext<Metadata>,
  proof: Proof,
  info: RequestInfo,
): Promise<AuthenticateOutcome<Metadata>> {
  const { userId } = proof.credential
  const { session, token } = prepareSession(userId, 'password', info, options.session)
  const eventContext = { userId, sessionId: session.id, info }
  const opened = await runWithEffects({
    run: ({ passwords }) => passwords.signIn({ ...proof, session }),
    effects: ({ ok }) =>
      ok ? { events: [event('signed_in', eventContext, { method: 'password' })] } : {},
  })
  // Stale: the password was changed or the account ended while this one was being verified.
  return opened.ok ? { ...opened, token } : invalidCredentials
}

/** Today's hash of a password that was stored under other parameters. Failing here fails nothing. */
async function hashAgain(
  { options }: Pick<OperationContext<object>, 'options'>,
  hasher: PasswordHasher,
  { hash, userId }: PasswordCredential,
  password: NormalizedPassword,
): Promise<{ rehash?: PasswordHash }> {
  if (!hasher.needsRehash(hash)) return {}
  try {
    return { rehash: await hasher.hash(password) }
  } catch (error) {
    options.log({ level: 'warn', event: 'rehash_failed', userId, error })
    return {}
  }
}

/**
 * Each member read once and checked; a text that can be nobody's password is null, and pays the same.
 * @throws InvalidInputError before any query
 */
function readInput(input: AuthenticateInput) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email, password }')
  const { email, password } = input
  const emailKey = requireEmail(email)
  if (typeof password !== 'string') throw new InvalidInputError('password', 'must be a string')
  const text = normalizePassword(password)
  return { email, emailKey, password: text.ok ? text.password : null }
}
