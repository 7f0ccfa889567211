import type { RateLimitRefund, SessionKey, SessionToken, ValidSession } from 'torii-core'
import { InvalidInputError, invalidValue } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { normalizePassword } from '../../password-policy/text.js'
import { sessionPasswordAttempt } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { hasherFor } from '../context/hasher.js'
import type { EventContextInput } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import type { Refused, StaleSession, TooManyAttempts } from '../refusals.js'
import { invalidCredentials, staleSession } from '../refusals.js'
import type { OpenedSession } from './opening.js'
import type { SessionSecret } from './session-key.js'
import { keepSecret, keyOfSession, rotateSecret } from './session-key.js'
import { eventContextOf } from './valid-session.js'

/** The password of a signed-in user. */
export interface ReauthenticateInput {
  password: string
  /** The token of the request. */
  token: string | SessionToken
  /** If true, the session gets a new token, and `token` becomes invalid. Set it if `token` is in a cookie. */
  rotate: boolean
}

export type ReauthenticateOutcome =
  /** `token` is the new token, or the given one. */
  | OpenedSession
  /** The password is wrong, or the account has none. Both take the same time. */
  | Refused<'invalid_credentials'>
  | TooManyAttempts
  | StaleSession

/**
 * Re-authenticates by password. Verified like a sign-in, and counted with the other passwords of this session: count and
 * look-up in one statement, one verification in every case, and a second statement only for the right
 * password.
 */
export const reauthenticate =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<object>,
    input: ReauthenticateInput,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticateOutcome> => {
    const info = readRequestInfo(requestInfo)
    const { password, ...presented } = readInput(input)
    const key = keyOfSession(presented.token, valid)
    const { charges, refund } = sessionPasswordAttempt(context.options.bruteForce, valid)
    const eventContext = eventContextOf(valid, info)
    const { account } = charges
    return context.hashing.inTurn(account.key, async () => {
      const userId = valid.user.id
      const found = await context.storage.passwords.findForUser({ userId, charges })
      if (!found.ok) {
        context.emit({ events: [event('attempts_refused', eventContext, { path: 'password' })] })
        return found
      }
      const hasher = hasherFor(context, info, { account: account.key, reserved: true })
      const matches = await hasher.verify(found.credential, password)
      if (!matches || found.credential?.disabled !== false) {
        const detail = { method: 'password', reason: 'wrong' } as const
        context.emit({ events: [event('sign_in_failed', eventContext, detail)] })
        return invalidCredentials
      }
      const secret = presented.rotate ? rotateSecret(key) : keepSecret(key, presented.token)
      return recordAuthentication(context, { key, secret, refund }, eventContext)
    })
  }

interface Authentication {
  readonly key: SessionKey
  readonly secret: SessionSecret
  readonly refund: RateLimitRefund
}

async function recordAuthentication<Metadata extends object>(
  { runWithEffects }: ServiceContext<Metadata>,
  { key, secret, refund }: Authentication,
  eventContext: EventContextInput,
): Promise<ReauthenticateOutcome> {
  const method = 'password'
  const session = await runWithEffects({
    run: ({ sessions }) =>
      sessions.reauthenticate(key, { newSecretHash: secret.secretHash, method, refund }),
    effects: (recorded) =>
      recorded === null ? {} : { events: [event('reauthenticated', eventContext, { method })] },
  })
  return session === null ? staleSession : { ok: true, session, token: secret.token }
}

/** @throws InvalidInputError before any query */
function readInput(input: ReauthenticateInput) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { password, token, rotate }')
  const { password, token, rotate } = input
  if (typeof password !== 'string') throw invalidValue('password', 'must be a string')
  if (typeof rotate !== 'boolean') throw new InvalidInputError('rotate', 'must be true or false')
  const text = normalizePassword(password)
  return { password: text.ok ? text : null, token, rotate }
}
