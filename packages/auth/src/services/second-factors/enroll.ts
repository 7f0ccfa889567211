import type { Session, SessionToken, ValidSession } from 'torii-core'
import { invalidValue } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { factorAddedMail, factorRemovedMail } from '../../mail/second-factor-mail.js'
import { encodeBase32 } from '../../one-time-codes/base32.js'
import { hashRecoveryCode, newRecoveryCodes } from '../../one-time-codes/recovery-codes.js'
import { matchingStep, newTotpSecret, readTotpCode, totpUri } from '../../one-time-codes/totp.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { ResolvedOptions } from '../options/options.js'
import type {
  InvalidToken,
  ReauthenticationRequired,
  Refused,
  StaleSession,
  TooManyAttempts,
} from '../refusals.js'
import { invalidToken, staleSession } from '../refusals.js'
import { countInSession } from '../sessions/counted.js'
import { keyOfSession, rotateSecret } from '../sessions/session-key.js'
import { actorOf, eventContextOf, requireRecent } from '../sessions/valid-session.js'
import { decryptSecret, encryptSecret } from './stored-secret.js'
import { undoLink } from './undo.js'

/** The secret of an authenticator application, which its first code confirms. */
export interface TotpStarted {
  readonly ok: true
  /** The secret in base 32, to type where a QR code cannot be scanned. */
  readonly secret: string
  /** The content of the QR code. */
  readonly uri: string
}

export type StartTotpOutcome =
  | TotpStarted
  | ReauthenticationRequired
  | StaleSession
  | TooManyAttempts

/** The first code of the authenticator application. */
export interface ConfirmTotpInput {
  code: string
  /** The token of the request; the session gets a new one. */
  token: string | SessionToken
}

/**
 * The session after a change of the second factors: every other one has ended, and its token is new.
 * @inline
 */
interface ChangedSession {
  readonly ok: true
  readonly session: Session
  readonly token: SessionToken
}

export type ConfirmTotpOutcome =
  /** `recoveryCodes` are shown here once. */
  | (ChangedSession & { readonly recoveryCodes: readonly string[] })
  | Refused<'invalid_code'>
  /** There is no enrollment, it has expired, or its five tries are spent: start again. */
  | InvalidToken
  | ReauthenticationRequired
  | StaleSession
  | TooManyAttempts

export type RemoveTotpOutcome =
  | ChangedSession
  | Refused<'not_found'>
  /** The application asks a second factor of this user, who has no passkey. */
  | Refused<'factor_required'>
  | ReauthenticationRequired
  | StaleSession

export type ReplaceRecoveryCodesOutcome =
  | { readonly ok: true; readonly recoveryCodes: readonly string[] }
  | Refused<'not_found'>
  | ReauthenticationRequired
  | StaleSession
  | TooManyAttempts

/**
 * Creates a secret and stores it for ten minutes, encrypted. It is no factor yet. Needs a recent authentication; a recent
 * proof of two factors where there is one. Two statements.
 */
export const startTotp =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (valid: ValidSession<Metadata>): Promise<StartTotpOutcome> => {
    const { options, storage } = context
    options.keys.writing('totp-secrets')
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const refused = await countInSession(context, valid, 'sessionRequests')
    if (refused !== null) return refused
    const secret = newTotpSecret()
    const encrypted = encryptSecret(options.keys, secret, valid.user.id)
    if (!(await storage.secondFactors.startTotp(actorOf(valid), encrypted))) return staleSession
    const { email, name, id } = valid.user
    return totpStarted(options, secret, email ?? name ?? id)
  }

/** What a user needs to add the secret of an account to an authenticator application. */
export const totpStarted = (
  { mail }: Pick<ResolvedOptions, 'mail'>,
  secret: Uint8Array,
  account: string,
): TotpStarted => ({
  ok: true,
  secret: encodeBase32(secret),
  uri: totpUri(secret, { issuer: mail.appName, account }),
})

/**
 * Makes the secret a factor by its first code, and creates recovery codes. Ends every other session of the user and mails the
 * owner. Two statements after the count.
 */
export const confirmTotp =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    input: ConfirmTotpInput,
    requestInfo: RequestInfo,
  ): Promise<ConfirmTotpOutcome> => {
    const info = readRequestInfo(requestInfo)
    const code = readTotpCode(readText(input.code, 'code'))
    const key = keyOfSession(input.token, valid)
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const refused = await countInSession(context, valid, 'sessionRequests')
    if (refused !== null) return refused
    const actor = actorOf(valid)
    const found = await context.storage.secondFactors.findEnrollment(actor)
    if (found === null) return invalidToken
    const secret = decryptSecret(context.options.keys, found.secret, valid.user.id)
    const step = matchingStep(secret, code, { step: found.step, lastStep: -1 })
    if (step === null) return { ok: false, reason: 'invalid_code', triesLeft: found.triesLeft }
    const recoveryCodes = newRecoveryCodes()
    const { secretHash: newSecretHash, token } = rotateSecret(key)
    const undo = undoLink(context.options, valid.user.id)
    const confirmation = {
      secret: found.secret,
      step,
      newSecretHash,
      recoveryCodes: recoveryCodes.map(hashRecoveryCode),
      undo: undo === null ? null : undo.stored,
    }
    const eventContext = eventContextOf(valid, info)
    const changed = await context.runWithEffects({
      run: ({ secondFactors }) => secondFactors.confirmTotp(actor, confirmation),
      effects: (outcome) => {
        if (!outcome.ok) return {}
        const detail = { factor: 'totp', sessionsEnded: outcome.sessionsEnded } as const
        return {
          events: [event('second_factor_added', eventContext, detail)],
          mails: factorAddedMail(
            valid.user,
            outcome.undoTo === null || undo === null ? null : undo.facts,
          ),
        }
      },
    })
    if (!changed.ok) return staleSession
    return { ok: true, session: changed.session, token, recoveryCodes }
  }

/** Removes the authenticator application and the recovery codes, ends every other session and mails the owner. One statement. */
export const removeTotp =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    { token: presented }: { token: string | SessionToken },
    requestInfo: RequestInfo,
  ): Promise<RemoveTotpOutcome> => {
    const info = readRequestInfo(requestInfo)
    const key = keyOfSession(presented, valid)
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const { secretHash, token } = rotateSecret(key)
    const eventContext = eventContextOf(valid, info)
    const changed = await context.runWithEffects({
      run: ({ secondFactors }) =>
        secondFactors.removeTotp(actorOf(valid), secretHash, context.options.secondFactor.required),
      effects: (outcome) => {
        if (!outcome.ok) return {}
        const detail = { factor: 'totp', sessionsEnded: outcome.sessionsEnded } as const
        return {
          events: [event('second_factor_removed', eventContext, detail)],
          mails: factorRemovedMail(valid.user),
        }
      },
    })
    return changed.ok ? { ok: true, session: changed.session, token } : changed
  }

/** Creates recovery codes in place of the former ones. Two statements after the count. */
export const replaceRecoveryCodes =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<ReplaceRecoveryCodesOutcome> => {
    const eventContext = eventContextOf(valid, readRequestInfo(requestInfo))
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const refused = await countInSession(context, valid, 'sessionRequests')
    if (refused !== null) return refused
    const { totp, recoveryCodes: former } = await context.storage.secondFactors.find(valid.user.id)
    if (totp === null) return { ok: false, reason: 'not_found' }
    const recoveryCodes = newRecoveryCodes()
    const replaced = await context.runWithEffects({
      run: ({ secondFactors }) =>
        secondFactors.replaceRecoveryCodes(actorOf(valid), {
          // The set that was read: an answer that comes late must not replace the one that was shown.
          generation: former.generation,
          recoveryCodes: recoveryCodes.map(hashRecoveryCode),
        }),
      effects: ({ ok }) =>
        ok ? { events: [event('recovery_codes_replaced', eventContext, {})] } : {},
    })
    return replaced.ok ? { ok: true, recoveryCodes } : replaced
  }

export function readText(value: unknown, field: string): string {
  if (typeof value !== 'string') throw invalidValue(field, 'must be a string')
  return value
}
