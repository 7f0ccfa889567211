import type { Charge } from './rate-limits.js'
import type { SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'

/** What a flow to a provider is for. */
export type OAuthFlow =
  | { readonly kind: 'sign_in' }
  /** Carries the epochs of the session that asked, so that it outlives no take-over. */
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

/** Flows to providers under way. Any answer of the provider uses the state up. */
export interface OAuthStateRepository {
  store(state: NewOAuthState): Promise<OAuthStart>
  /**
   * Uses the state up. Null unless it is live and was made by this browser for this provider; it is
   * gone all the same.
   */
  consume(key: {
    stateHash: TokenHash
    browserHash: TokenHash
    provider: string
  }): Promise<OAuthState | null>
}
