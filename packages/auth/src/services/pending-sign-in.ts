import type { PendingSignIn, PendingToken, SecondFactor } from 'torii-core'

/** A pending sign-in, with what may be proved. */
export interface PendingSignInFactors extends PendingSignIn {
  /**
   * What may be proved; nothing while the user must enroll. `passkey` if the user has one that can be used here; with user
   * verification it signs in by itself. `password` after a passkey without user verification.
   */
  readonly factors: readonly SecondFactor[]
  /** What the user may enroll to complete the sign-in; nothing unless `mustEnroll`. */
  readonly enroll: readonly ('totp' | 'passkey')[]
}

/** A pending sign-in with its token, which is returned here once. */
export interface PendingSignInToken extends PendingSignInFactors {
  readonly token: PendingToken
}

/** The options by which passkeys are on. */
interface PasskeySwitch {
  readonly keys: { readonly isEmpty: boolean }
  readonly passkey: { readonly origins: readonly string[] }
}

/** Whether passkeys are on. */
export const passkeysAreOn = ({ keys, passkey }: PasskeySwitch): boolean =>
  !keys.isEmpty && passkey.origins.length > 0

const codes: readonly SecondFactor[] = Object.freeze(['totp', 'recovery_code'])

/** Adds what may be proved, or enrolled. */
export const withFactors = (
  options: PasskeySwitch,
  pending: PendingSignIn,
): PendingSignInFactors => ({
  ...pending,
  factors: [
    ...(pending.takesCode ? codes : []),
    ...passkeyIf(options, pending.takesPasskey),
    ...(pending.takesPassword ? (['password'] as const) : []),
  ],
  enroll: pending.mustEnroll ? ['totp', ...passkeyIf(options, true)] : [],
})

const passkeyIf = (options: PasskeySwitch, isPossible: boolean): readonly 'passkey'[] =>
  isPossible && passkeysAreOn(options) ? ['passkey'] : []

/** The refusal of a sign-in for which the storage made a pending sign-in. */
export const secondFactorRequired = (
  options: PasskeySwitch,
  pending: PendingSignIn,
  token: PendingToken,
) =>
  ({
    ok: false,
    reason: 'second_factor_required',
    pending: { ...withFactors(options, pending), token },
  }) as const
