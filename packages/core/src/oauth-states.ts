import type { ChargeRefusal, IpAddressCharge } from './rate-limits.js'
import type { SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'

/** The purpose of an OAuth flow: to sign in, or to link an account. */
export type OAuthFlow =
  | { readonly kind: 'sign_in' }
  /** Carries the epochs of the acting session, so that the flow ends with it. */
  | { readonly kind: 'link'; readonly actor: SessionActor }

/** The state of a new OAuth flow. */
export interface NewOAuthState {
  stateHash: TokenHash
  /** Hash of a secret that only the starting browser holds. */
  browserHash: TokenHash
  /** The provider's name in the configuration. */
  provider: string
  flow: OAuthFlow
  /** Where to redirect after the flow: validated, at most 2,048 bytes, or null for the default. */
  redirectTo: string | null
  lifetimeSeconds: number
  ipAddress: IpAddressCharge | null
}

export interface OAuthState {
  readonly flow: OAuthFlow
  readonly redirectTo: string | null
}

export type OAuthStart =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

/** Stores the state of OAuth flows until the callback. Every callback uses the state, valid or not. */
export interface OAuthStateRepository {
  store(state: NewOAuthState): Promise<OAuthStart>
  /**
   * Uses the state and returns it. Returns null if it is not live or was created by another browser or for another
   * provider; the state is used in any case. Such a failure is counted against `ipAddress`; beyond the limit nothing is
   * used.
   */
  consume(key: {
    stateHash: TokenHash
    browserHash: TokenHash
    provider: string
    ipAddress?: IpAddressCharge | null
  }): Promise<OAuthState | ChargeRefusal | null>
}
