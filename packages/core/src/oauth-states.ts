import type { Charge } from './rate-limits.js'
import type { SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'

/** What a flow to a provider is for. */
export type OAuthFlow =
  | { readonly kind: 'sign_in' }
  /** Carries the epochs of the acting session, so that the flow ends with it. */
  | { readonly kind: 'link'; readonly actor: SessionActor }

/** A flow that starts. */
export interface NewOAuthState {
  stateHash: TokenHash
  /** Hash of a secret that only the starting browser holds. */
  browserHash: TokenHash
  /** The provider's name in the configuration. */
  provider: string
  flow: OAuthFlow
  /** Where to go afterwards, already checked; at most 2,048 bytes, or null for the default. */
  redirectTo: string | null
  lifetimeSeconds: number
  ipAddress: Charge | null
}

export interface OAuthState {
  readonly flow: OAuthFlow
  readonly redirectTo: string | null
}

export type OAuthStart =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

/** Stores the state of flows that are waiting for a provider. Any response of the provider uses the state up. */
export interface OAuthStateRepository {
  store(state: NewOAuthState): Promise<OAuthStart>
  /**
   * Uses the state up. Null unless it is live and was created by this browser for this provider; it is
   * used up in any case.
   */
  consume(key: {
    stateHash: TokenHash
    browserHash: TokenHash
    provider: string
  }): Promise<OAuthState | null>
}
