import type { RateLimitRefund, SessionToken, ValidSession } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { normalizePassword } from '../../password-policy/text.js'
import { proofAttempt } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import type { EventContextInput } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import type { Refused, StaleSession, TooManyAttempts } from '../refusals.js'
import type { OpenedSession } from './opening.js'
import { freshSecret, keyOfSession, sameSecret } from './session-key.js'
import { eventContextOf } from './valid-session.js'

/** A person who is signed in and says who they are once more. */
export interface ReauthenticateInput {
  password: string
  /** The token that the request came with. */
  token: string | SessionToken
  /** Whether the session gets a new token and this one is dead at once: true where a cookie holds it. */
  rotate: boolean
}

export type ReauthenticateOutcome =
  /** `token` is the new one, or the one that was given. */
  | OpenedSession
  /** Not the password, or the account has none: one answer, one cost. */
  | Refused<'invalid_credentials'>
  | TooManyAttempts
  /** The session has ended meanwhile. */
  | StaleSession

/**
 * One attempt, judged like a sign-in and counted with the sign-ins of this account: a place in the queue,
 * the charge and the look-up in one statement, one verification whatever was found, and only for the
 * right password a second statement.
 */
export async function reauthenticate<Metadata extends object>(
  context: ServiceContext<Metadata>,
  valid: ValidSession<object>,
  input: ReauthenticateInput,
  requestInfo: RequestInfo,
): Promise<ReauthenticateOutcome> {
  const info = readRequestInfo(requestInfo)
  const { password, ...presented } = readInput(input)
  const key = keyOfSession(presented.token, valid)
  const { charges, refund } = proofAttempt(context.options.bruteForce, valid.user, info.ip)
  const eventContext = eventContextOf(valid, info)
  return context.hashing.withSlot(async (hasher) => {
    const userId = valid.user.id
    const found = await context.storage.passwords.findForUser({ userId, charges })
    if (!found.ok) {
      context.emit({ events: [event('attempts_refused', eventContext, { path: 'password' })] })
      return found
    }
    const matches = await hasher.verify(found.credential, password)
    if (!matches || found.credential?.disabled !== false) {
      const detail = { method: 'password', reason: 'wrong' } as const
      context.emit({ events: [event('sign_in_failed', eventContext, detail)] })
      return { ok: false, reason: 'invalid_credentials' }
    }
    const next = presented.rotate ? freshSecret(key) : sameSecret(key, presented.token)
    return noteProof(context, { key, next, refund }, eventContext)
  })
}

interface Proof {
  readonly key: ReturnType<typeof keyOfSession>
  readonly next: ReturnType<typeof freshSecret>
  readonly refund: RateLimitRefund
}

async function noteProof<Metadata extends object>(
  { runWithEffects }: ServiceContext<Metadata>,
  { key, next, refund }: Proof,
  eventContext: EventContextInput,
): Promise<ReauthenticateOutcome> {
  const method = 'password'
  const session = await runWithEffects({
    run: ({ sessions }) =>
      sessions.reauthenticate(key, { newSecretHash: next.secretHash, method, refund }),
    effects: (noted) =>
      noted === null ? {} : { events: [event('reauthenticated', eventContext, { method })] },
  })
  if (session === null) return { ok: false, reason: 'stale' }
  return { ok: true, session, token: next.token }
}

/** @throws InvalidInputError before any query */
function readInput(input: ReauthenticateInput) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { password, token, rotate }')
  const { password, token, rotate } = input
  if (typeof password !== 'string') throw new InvalidInputError('password', 'must be a string')
  if (typeof rotate !== 'boolean') throw new InvalidInputError('rotate', 'must be true or false')
  const text = normalizePassword(password)
  return { password: text.ok ? text.password : null, token, rotate }
}
