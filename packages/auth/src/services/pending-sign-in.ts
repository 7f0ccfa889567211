import type { PendingSignIn, PendingToken, SecondFactor } from 'torii-core'

/** A pending sign-in with its token, which is returned here once. */
export interface PendingSignInToken extends PendingSignIn {
  readonly token: PendingToken
  /** What may be proved; nothing while the user must enroll. A passkey with user verification signs in by itself. */
  readonly factors: readonly SecondFactor[]
  /** What the user may enroll to complete the sign-in; nothing unless `mustEnroll`. */
  readonly enroll: readonly 'totp'[]
}

const factors: readonly SecondFactor[] = Object.freeze(['totp', 'recovery_code'])
const enroll = Object.freeze(['totp'] as const)
const nothing: readonly never[] = Object.freeze([])

/** The refusal of a sign-in for which the storage made a pending sign-in. */
export const secondFactorRequired = (pending: PendingSignIn, token: PendingToken) =>
  ({
    ok: false,
    reason: 'second_factor_required',
    pending: {
      ...pending,
      token,
      factors: pending.mustEnroll ? nothing : factors,
      enroll: pending.mustEnroll ? enroll : nothing,
    },
  }) as const
