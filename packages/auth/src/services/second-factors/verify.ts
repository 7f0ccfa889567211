import type {
  Json,
  NewTrustedBrowser,
  PendingKey,
  PendingToken,
  SecondFactor,
  SecondFactorSignIn,
  SessionOfPending,
  SignInMethod,
} from 'torii-core'
import { InvalidInputError, invalidValue, newSessionId } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { matchingStep, readTotpCode } from '../../one-time-codes/totp.js'
import type { GivenPassword } from '../../password-policy/text.js'
import { normalizePassword } from '../../password-policy/text.js'
import { callerForUser, callerOf } from '../../rate-limits/caller.js'
import type { Countable } from '../../rate-limits/known-or-stranger.js'
import { asKnownOrStranger } from '../../rate-limits/known-or-stranger.js'
import type { Attempt } from '../../rate-limits/rate-limits.js'
import { secondFactorAttempt } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { hasherFor } from '../context/hasher.js'
import type { Effects } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import { maxRecoverySeconds } from '../options/profile.js'
import type { PasskeyAnswerInput } from '../passkey/input.js'
import type { PendingSignInFactors } from '../pending-sign-in.js'
import { withFactors } from '../pending-sign-in.js'
import type { InvalidToken, Refused, TooManyAttempts } from '../refusals.js'
import { invalidToken } from '../refusals.js'
import { rotateSecret } from '../sessions/session-key.js'
import { newTrustedBrowser } from '../sessions/trusted-cookie.js'
import type { SignedIn } from '../sign-in.js'
import { failed, readPendingToken, refused, trustEvents, trustOf } from './answer.js'
import { verifyPasskey } from './passkey.js'
import { recoveryCodeUsed } from './recovery-code-used.js'
import { recoveryCodeHashes } from './stored-recovery-code.js'
import { decryptSecret } from './stored-secret.js'

/** The code of the authenticator application, or a recovery code. */
export type SecondFactorCode =
  | { readonly code: string; readonly recoveryCode?: undefined }
  | { readonly recoveryCode: string; readonly code?: undefined }

/** A code; the response of a passkey to a challenge of `passkeyOptions`; or, after a passkey without user verification, the password. */
export type SecondFactorProof =
  | (SecondFactorCode & {
      readonly challengeId?: undefined
      readonly response?: undefined
      readonly password?: undefined
    })
  | (PasskeyAnswerInput & {
      readonly code?: undefined
      readonly recoveryCode?: undefined
      readonly password?: undefined
    })
  | {
      readonly password: string
      readonly code?: undefined
      readonly recoveryCode?: undefined
      readonly challengeId?: undefined
      readonly response?: undefined
    }

/** The answer to a pending sign-in: its token, and one proof. */
export type VerifySecondFactorInput = SecondFactorProof & {
  readonly token: string | PendingToken
  /**
   * Whether the user trusts this browser: with the option `secondFactor.trustedBrowsers` it signs them in without a code from then
   * on (default: false). Ignored with a recovery code or a password, and without the option.
   */
  readonly trustBrowser?: boolean | null | undefined
}

export type VerifySecondFactorOutcome<Metadata extends object = Record<string, Json>> =
  | SignedIn<Metadata>
  /** The pending sign-in is unknown, used, expired or ended, or its five tries are spent: sign in again. */
  | InvalidToken
  /** The code or the password is wrong, or the code was used before; the passkey could not be verified. */
  | Refused<'invalid_code'>
  | TooManyAttempts

/**
 * Proves the second factor of a pending sign-in and opens its session. Two statements with the code of an authenticator
 * application, which is counted before its secret is read, and with a passkey or a password, which are counted before they are
 * verified; one with a recovery code.
 */
export const verifySecondFactor =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: VerifySecondFactorInput,
    requestInfo: RequestInfo,
  ): Promise<VerifySecondFactorOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const given = readProof(input)
    const trustBrowser = readTrustBrowser(input.trustBrowser)
    const key = readPendingToken(input.token)
    if (key === null) return invalidToken
    switch (given.factor) {
      case 'totp':
        return verifyTotp(context, { key, code: given.code, trustBrowser }, info)
      case 'recovery_code':
        return verifyRecoveryCode(context, key, given.code, info)
      case 'passkey':
        return verifyPasskey(context, { key, ...given.answer, trustBrowser }, info)
      case 'password':
        return verifyPassword(context, key, given.password, info)
      default:
        return given satisfies never
    }
  }

/** Returns a live pending sign-in, for the page that asks for its code; null for any other token. One statement. */
export const findPending =
  <Metadata extends object>({ options, storage }: ServiceContext<Metadata>) =>
  async (token: string | PendingToken): Promise<PendingSignInFactors | null> => {
    const key = readPendingToken(token)
    const pending = key === null ? null : await storage.secondFactors.findPending(key)
    return pending === null ? null : withFactors(options, pending)
  }

/** Ends a pending sign-in. False if there was none. One statement. */
export const cancelPending =
  <Metadata extends object>({ storage }: ServiceContext<Metadata>) =>
  async (token: string | PendingToken): Promise<boolean> => {
    const key = readPendingToken(token)
    return key !== null && storage.secondFactors.endPending(key)
  }

/** Reads exactly one proof. @throws InvalidInputError before any query */
function readProof(input: unknown) {
  const { challengeId, response, password }: Partial<Record<string, unknown>> = Object(input)
  const isPasskey = challengeId != null || response != null
  if (!isPasskey && password == null) return readSecondFactorCode(input)
  const { code, recoveryCode }: Partial<Record<string, unknown>> = Object(input)
  if (code != null || recoveryCode != null || (isPasskey && password != null))
    throw invalidValue('code', `must be sent, or ${otherProofs}, but only one of them`)
  if (isPasskey)
    return { factor: 'passkey', answer: { challengeId: challengeId as string, response } } as const
  if (typeof password !== 'string') throw invalidValue('password', 'must be a string')
  const text = normalizePassword(password)
  return { factor: 'password', password: text.ok ? text : null } as const
}

const otherProofs = 'recoveryCode, or password, or challengeId with response'

/** Reads exactly one code. @throws InvalidInputError before any query */
export function readSecondFactorCode(
  input: unknown,
):
  | { readonly factor: 'totp'; readonly code: string | null }
  | { readonly factor: 'recovery_code'; readonly code: string } {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must have a code, or a recoveryCode')
  const { code = null, recoveryCode = null }: { code?: unknown; recoveryCode?: unknown } = input
  if ((code === null) === (recoveryCode === null))
    throw invalidValue('code', 'must be sent, or recoveryCode, but not both')
  if (code !== null) {
    if (typeof code !== 'string') throw invalidValue('code', 'must be a string')
    return { factor: 'totp', code: readTotpCode(code) }
  }
  if (typeof recoveryCode !== 'string') throw invalidValue('recoveryCode', 'must be a string')
  return { factor: 'recovery_code', code: recoveryCode }
}

/** The code of an authenticator application for a pending sign-in. */
interface TotpAnswer {
  readonly key: PendingKey
  readonly code: string | null
  readonly trustBrowser: boolean
}

async function verifyTotp<Metadata extends object>(
  context: ServiceContext<Metadata>,
  { key, code, trustBrowser }: TotpAnswer,
  info: CheckedRequestInfo,
): Promise<VerifySecondFactorOutcome<Metadata>> {
  const { options, storage } = context
  const found = await asCounted(context, { factor: 'totp', key, info }, async (attempt) => {
    const { charges, refund } = attempt
    const lookup = await storage.secondFactors.findForSignIn({ key, charges })
    return lookup.ok ? { ...lookup, refund } : lookup
  })
  if (!found.ok) return refused(context, found, info)
  const { credential } = found
  const step =
    credential === null
      ? null
      : matchingStep(decryptSecret(options.keys, credential.secret, key.userId), code, credential)
  if (step === null) {
    context.emit({ events: [failed(key, 'totp', info)] })
    return { ok: false, reason: 'invalid_code', triesLeft: found.triesLeft }
  }
  return openSession(context, key, 'totp', info, async ({ secondFactors }, session) => {
    const trust = trustBrowser ? newTrustedBrowser(options, info, session) : null
    const { refund } = found
    const outcome = await secondFactors.signIn({ key, step, session, refund, trust })
    return outcome.ok ? { ...outcome, trust } : outcome
  })
}

function readTrustBrowser(value: unknown): boolean {
  const trust = value ?? false
  if (typeof trust === 'boolean') return trust
  throw new InvalidInputError('trustBrowser', 'must be true or false')
}

/**
 * Verifies the password after possession: counted before the hash is read, one verification in every case, in the turn of the
 * account's attempts.
 */
async function verifyPassword<Metadata extends object>(
  context: ServiceContext<Metadata>,
  key: PendingKey,
  password: GivenPassword | null,
  info: CheckedRequestInfo,
): Promise<VerifySecondFactorOutcome<Metadata>> {
  const { storage } = context
  const found = await asCounted(context, { factor: 'password', key, info }, (attempt) => {
    const { charges, refund } = attempt
    const account = charges.account.key
    return context.hashing.inTurn(account, async () => {
      const lookup = await storage.secondFactors.findPassword({ key, charges })
      if (!lookup.ok) return lookup
      const hasher = hasherFor(context, info, { account, reserved: true })
      const { hash, triesLeft } = lookup
      const matches = await hasher.verify(hash && { userId: key.userId, hash }, password)
      return { ok: true, isRight: matches && hash !== null, triesLeft, refund } as const
    })
  })
  if (!found.ok) return refused(context, found, info)
  if (!found.isRight) {
    context.emit({ events: [failed(key, 'password', info)] })
    return { ok: false, reason: 'invalid_code', triesLeft: found.triesLeft }
  }
  const { refund } = found
  return openSession(context, key, 'password', info, ({ secondFactors }, session) =>
    secondFactors.signInByPassword({ key, session, refund }),
  )
}

function verifyRecoveryCode<Metadata extends object>(
  context: ServiceContext<Metadata>,
  key: PendingKey,
  code: string,
  info: CheckedRequestInfo,
): Promise<VerifySecondFactorOutcome<Metadata>> {
  const codeHashes = recoveryCodeHashes(context.options.keys, key.userId, code)
  const maxSeconds = maxRecoverySeconds(context.options)
  return openSession(context, key, 'recovery_code', info, ({ secondFactors }, session) =>
    asCounted(context, { factor: 'recovery_code', key, info }, ({ charges }) =>
      secondFactors.useRecoveryCode({ key, codeHashes, session, charges, maxSeconds }),
    ),
  )
}

/** Runs a try that counts the known browser of the user, or the account; a browser that failed too often counts as a stranger. */
function asCounted<Outcome extends Countable>(
  { options: { keys, bruteForce } }: Pick<ServiceContext<object>, 'options'>,
  { factor, key: { userId }, info }: CountedTry,
  attempt: (attempt: Attempt) => Promise<Outcome>,
): Promise<Outcome> {
  const counted = { factor, userId, anyone: callerOf(keys, info) }
  return asKnownOrStranger(bruteForce, callerForUser(keys, info, userId), (caller) =>
    attempt(secondFactorAttempt(bruteForce, counted, caller)),
  )
}

/** A code, the pending sign-in that it is for, and the request. */
interface CountedTry {
  readonly factor: SecondFactor
  readonly key: PendingKey
  readonly info: CheckedRequestInfo
}

type Answer<Metadata extends object> = (
  repositories: Parameters<Parameters<OperationContext<Metadata>['runWithEffects']>[0]['run']>[0],
  session: SessionOfPending,
) => Promise<Answered<Metadata>>

/** `trust` is the browser that it made a trusted one. */
type Answered<Metadata extends object> =
  | (Extract<SecondFactorSignIn<Metadata>, { ok: true }> & {
      readonly trust?: NewTrustedBrowser | null
    })
  | Extract<SecondFactorSignIn<Metadata>, { ok: false }>

async function openSession<Metadata extends object>(
  context: ServiceContext<Metadata>,
  key: PendingKey,
  factor: SecondFactor,
  info: CheckedRequestInfo,
  answer: Answer<Metadata>,
): Promise<VerifySecondFactorOutcome<Metadata>> {
  const id = newSessionId()
  const { secretHash, token } = rotateSecret({ userId: key.userId, id })
  const outcome = await context.runWithEffects({
    run: (repositories) => answer(repositories, { id, secretHash }),
    effects: (answered) => effectsOf(answered, key, factor, info),
  })
  if (outcome.ok) {
    const { user, session, trust = null } = outcome
    return { ok: true, user, session, token, ...trustOf(trust) }
  }
  return outcome.reason === 'too_many_attempts' ? refused(context, outcome, info) : outcome
}

function effectsOf<Metadata extends object>(
  outcome: Answered<Metadata>,
  key: PendingKey,
  factor: SecondFactor,
  info: CheckedRequestInfo,
): Effects<Metadata> {
  // Emitted apart from the operation, because a refusal is not recorded.
  if (!outcome.ok && outcome.reason === 'too_many_attempts') return {}
  if (!outcome.ok)
    return outcome.reason === 'invalid_code' ? { events: [failed(key, factor, info)] } : {}
  const { user, session, remaining, trust = null } = outcome
  const context = { userId: user.id, sessionId: session.id, info }
  // The sign-in method came first.
  const method = session.methods[0] as SignInMethod | 'imported'
  const signedIn = event('signed_in', context, { method, secondFactor: factor })
  if (factor !== 'recovery_code') return { events: [signedIn, ...trustEvents(trust, context)] }
  const used = recoveryCodeUsed(user, context, remaining)
  return { ...used, events: [signedIn, ...used.events] }
}
