import type { ChargeOutcome, ChargeRefusal, IpAddressCharge } from './rate-limits.js'
import type { TokenHash } from './token-hash.js'

/**
 * The state of one OAuth flow, or the nonce of one ID token, as the storage sees it. Everything else about a flow is
 * encrypted in the state itself, which the storage never sees.
 */
export interface OAuthStateKey {
  readonly hash: TokenHash
  /** When it expires, by the database's clock: what `start` returned. */
  readonly expiresAt: Date
  /** What `start` returned; `revokeAllSessionsAndTokens` raises it, which ends every state. */
  readonly globalEpoch: number
}

export type OAuthStart =
  | {
      readonly ok: true
      /** When the new state expires, by the database's clock. */
      readonly expiresAt: Date
      /** The state is valid only while this is the storage's. */
      readonly globalEpoch: number
    }
  | ChargeRefusal

/**
 * Counts the starts of OAuth flows, and records which states were used. A start stores nothing, so no number of starts
 * fills a table. A state is used by the statement that signs in or links (`oauthAccounts`), or by `use`; of any number
 * of callers with one state, one succeeds.
 */
export interface OAuthStateRepository {
  /** Counts a start against `ipAddress`, and returns when its state expires. */
  start(flow: { lifetimeSeconds: number; ipAddress: IpAddressCharge | null }): Promise<OAuthStart>
  /**
   * Reads whether a state can still be used; null stands for a state that is not genuine. A failure is counted against
   * `ipAddress`, a success is not. Another caller can use the state meanwhile, so the later use decides.
   */
  check(flow: {
    state: OAuthStateKey | null
    ipAddress?: IpAddressCharge | null
  }): Promise<ChargeOutcome | { readonly ok: false; readonly reason: 'invalid_token' }>
  /** Uses the state of a flow that failed. Returns false if it has expired or was used before. */
  use(state: OAuthStateKey): Promise<boolean>
}
