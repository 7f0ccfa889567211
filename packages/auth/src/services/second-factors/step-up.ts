import type { Session, SessionToken, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { hashRecoveryCode } from '../../one-time-codes/recovery-codes.js'
import { matchingStep } from '../../one-time-codes/totp.js'
import { secondFactorInSession } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { Refused, StaleSession, TooManyAttempts } from '../refusals.js'
import { keyOfSession, rotateSecret } from '../sessions/session-key.js'
import { eventContextOf } from '../sessions/valid-session.js'
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
  | StaleSession
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
    const eventContext = eventContextOf(valid, info)
    const { options, storage } = context
    const { charges, refund } = secondFactorInSession(options.bruteForce, given.factor, valid)
    const { secretHash: newSecretHash, token } = rotateSecret(key)
    const refused = (outcome: TooManyAttempts) => {
      context.emit({ events: [event('attempts_refused', eventContext, { path: 'second_factor' })] })
      return outcome
    }
    const wrong = () => {
      const detail = { factor: given.factor }
      context.emit({ events: [event('second_factor_failed', eventContext, detail)] })
      return { ok: false, reason: 'invalid_code', triesLeft: null } as const
    }
    const { factor } = given
    const reauthenticated = () => event('reauthenticated', eventContext, { method: factor })
    if (given.factor === 'recovery_code') {
      const proof = { codeHash: hashRecoveryCode(given.code), newSecretHash, charges }
      const recorded = await context.runWithEffects({
        run: ({ secondFactors }) => secondFactors.reauthenticateByRecoveryCode(key, proof),
        effects: (outcome) =>
          outcome === null || 'reason' in outcome ? {} : { events: [reauthenticated()] },
      })
      if (recorded === null) return wrong()
      if ('reason' in recorded) return refused(recorded)
      await mailRecoveryCodeUsed(context, valid, eventContext)
      return { ok: true, session: recorded.session, token }
    }
    const found = await storage.secondFactors.findForSession({ userId: valid.user.id, charges })
    if (!found.ok) return refused(found)
    const { credential } = found
    const step =
      credential === null
        ? null
        : matchingStep(
            decryptSecret(options.keys, credential.secret, valid.user.id),
            given.code,
            credential,
          )
    if (step === null) return wrong()
    const session = await context.runWithEffects({
      run: ({ secondFactors }) =>
        secondFactors.reauthenticate(key, { step, newSecretHash, refund }),
      effects: (outcome) => (outcome === null ? {} : { events: [reauthenticated()] }),
    })
    // Another caller has used the code, or the session has ended.
    return session === null ? wrong() : { ok: true, session, token }
  }

/** Tells the owner how many recovery codes are left. */
async function mailRecoveryCodeUsed<Metadata extends object>(
  { emitCommitted, storage }: ServiceContext<Metadata>,
  { user: { id, email, name } }: ValidSession<Metadata>,
  eventContext: ReturnType<typeof eventContextOf>,
): Promise<void> {
  const { remaining } = (await storage.secondFactors.find(id)).recoveryCodes
  emitCommitted({
    events: [event('recovery_code_used', eventContext, { remaining })],
    mails: email === null ? [] : [queuedMail('recovery_code_used', email, { name, remaining })],
  })
}
