import type { PendingSignIn, PendingToken, SecondFactor } from 'torii-core'

/** A pending sign-in with its token, which is returned here once. */
export interface PendingSignInToken extends PendingSignIn {
  readonly token: PendingToken
  /** What may be proved. A passkey with user verification signs in by itself. */
  readonly factors: readonly SecondFactor[]
}

const factors: readonly SecondFactor[] = Object.freeze(['totp', 'recovery_code'])

/** The refusal of a sign-in for which the storage made a pending sign-in. */
export const secondFactorRequired = (pending: PendingSignIn, token: PendingToken) =>
  ({
    ok: false,
    reason: 'second_factor_required',
    pending: { ...pending, token, factors },
  }) as const
