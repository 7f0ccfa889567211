import type {
  SecondFactor,
  Session,
  SessionKey,
  SessionToken,
  TokenHash,
  ValidSession,
} from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { matchingStep } from '../../one-time-codes/totp.js'
import type { Attempt } from '../../rate-limits/rate-limits.js'
import { secondFactorInSession } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import type { EventContextInput } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import type { Refused, TooManyAttempts } from '../refusals.js'
import { keyOfSession, rotateSecret } from '../sessions/session-key.js'
import { eventContextOf } from '../sessions/valid-session.js'
import { recoveryCodeUsed } from './recovery-code-used.js'
import { recoveryCodeHashes } from './stored-recovery-code.js'
import { decryptSecret } from './stored-secret.js'
import type { SecondFactorCode } from './verify.js'
import { readSecondFactorCode } from './verify.js'

/** One code, and the token of the request. */
export type ReauthenticateByFactorInput = SecondFactorCode & {
  readonly token: string | SessionToken
}

export type ReauthenticateByFactorOutcome =
  /** The session has level 2, and `token` is its new token. */
  | { readonly ok: true; readonly session: Session; readonly token: SessionToken }
  /** The code is wrong or was used before, the account has no second factor, or the session has ended. */
  | Refused<'invalid_code'>
  | TooManyAttempts

/**
 * Proves the second factor in a live session: sets `authenticatedAt` and `level2At`, and replaces the token. Two statements
 * with the code of an authenticator application, one with a recovery code. Counted by session, apart from sign-ins.
 * @throws InvalidInputError for a token of another session, before any query
 */
export const reauthenticateByFactor =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    input: ReauthenticateByFactorInput,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticateByFactorOutcome> => {
    const info = readRequestInfo(requestInfo)
    const given = readSecondFactorCode(input)
    const key = keyOfSession(input.token, valid)
    const { secretHash: newSecretHash, token } = rotateSecret(key)
    const { factor } = given
    const eventContext = eventContextOf(valid, info)
    const attempt = secondFactorInSession(context.options.bruteForce, factor, valid)
    const proof = { ...attempt, key, newSecretHash, eventContext }
    const outcome = await (given.factor === 'totp'
      ? proveTotp(context, proof, given.code)
      : proveRecoveryCode(context, proof, given.code, valid))
    if (outcome === null) {
      context.emit({ events: [event('second_factor_failed', eventContext, { factor })] })
      return { ok: false, reason: 'invalid_code', triesLeft: null }
    }
    if ('session' in outcome) return { ok: true, session: outcome.session, token }
    context.emit({ events: [event('attempts_refused', eventContext, { path: 'second_factor' })] })
    return outcome
  }

/** What a code is counted against, and what it makes of the session when it is right. */
interface Proof extends Attempt {
  readonly key: SessionKey
  readonly newSecretHash: TokenHash
  readonly eventContext: EventContextInput
}

/** Null if the code is wrong or was used before, if there is no factor, or if the session has ended. */
type Proved = { readonly session: Session } | TooManyAttempts | null

async function proveTotp<Metadata extends object>(
  { options, storage, runWithEffects }: ServiceContext<Metadata>,
  { key, newSecretHash, eventContext, charges, refund }: Proof,
  code: string | null,
): Promise<Proved> {
  const { userId } = key
  const found = await storage.secondFactors.findForSession({ userId, charges })
  if (!found.ok) return found
  const { credential } = found
  if (credential === null) return null
  const step = matchingStep(
    decryptSecret(options.keys, credential.secret, userId),
    code,
    credential,
  )
  if (step === null) return null
  const session = await runWithEffects({
    run: ({ secondFactors }) => secondFactors.reauthenticate(key, { step, newSecretHash, refund }),
    effects: (recorded) => (recorded === null ? {} : reauthenticated(eventContext, 'totp')),
  })
  return session === null ? null : { session }
}

function proveRecoveryCode<Metadata extends object>(
  { options, runWithEffects }: ServiceContext<Metadata>,
  { key, newSecretHash, eventContext, charges }: Proof,
  code: string,
  { user }: ValidSession<Metadata>,
): Promise<Proved> {
  const codeHashes = recoveryCodeHashes(options.keys, key.userId, code)
  const proof = { codeHashes, newSecretHash, charges }
  return runWithEffects({
    run: ({ secondFactors }) => secondFactors.reauthenticateByRecoveryCode(key, proof),
    effects: (recorded) => {
      if (recorded === null || 'reason' in recorded) return {}
      const used = recoveryCodeUsed(user, eventContext, recorded.remaining)
      const { events } = reauthenticated(eventContext, 'recovery_code')
      return { ...used, events: [...events, ...used.events] }
    },
  })
}

const reauthenticated = (eventContext: EventContextInput, method: SecondFactor) => ({
  events: [event('reauthenticated', eventContext, { method })],
})
