import type { Ciphertext } from './ciphertext.js'
import type { OAuthAccountId, UserId } from './ids.js'
import type { OAuthStateKey } from './oauth-states.js'
import type { SecondFactorRequired } from './pending-sign-ins.js'
import type { Json } from './profile.js'
import type { NewSession, Session, SessionActor, SessionLevel } from './sessions.js'
import type { User } from './users.js'

/** A user's identity at a provider, identified by provider and subject. The other fields are data from the provider. */
export interface OAuthIdentity {
  /** The provider's name in the configuration, at most 64 bytes. */
  provider: string
  /** The provider's own id of the person, at most 255 bytes. Never the email. */
  subject: string
  /** The name to show in a list of linked accounts, at most 254 bytes, or null. */
  label: string | null
  /** The provider's tokens, encrypted, or null to keep none. */
  tokens: Ciphertext | null
}

/** A sign-in with the identity that a provider has returned. */
/** An authentication at a provider. */
export interface ProviderAuthentication {
  readonly level: SessionLevel
  /** Whole seconds since then, at most {@link maxAuthenticationAge}. */
  readonly secondsAgo: number
}

/** 400 days, the longest life of a session: an older authentication counts as this old. */
export const maxAuthenticationAge = 400 * 86_400

export interface OAuthSignIn extends OAuthIdentity {
  /** The email that the provider gives, or null. */
  email: string | null
  /** True only if the provider is trusted for emails and reports exactly `true` for this email. */
  emailVerified: boolean
  /** The id of the account, if the sign-in creates one. */
  newUserId: UserId
  newAccountId: OAuthAccountId
  name: string | null
  picture: string | null
  session: NewSession
  /**
   * What the provider says of how the user authenticated there, for an identity that was linked before: 2 if they proved two
   * factors, and when (default: null, the level of `session`, now). An identity that is linked now ignores it.
   */
  authentication?: ProviderAuthentication | null
  /** The state of the flow, which the sign-in uses in the same commit (default: null, without a flow). */
  state?: OAuthStateKey | null
}

export type OAuthSignInOutcome<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: Session
      /**
       * `known`: the identity was linked before. `created`: a new account. `linked`: to the verified
       * account of the same email. `took_over`: to an unverified account of the same email, whose
       * sign-in methods from before were removed.
       */
      readonly how: 'known' | 'created' | 'linked' | 'took_over'
    }
  /** The account is disabled. The state is used. */
  | { readonly ok: false; readonly reason: 'account_disabled' }
  /** An identity that is not linked yet is linked once the second factor is proved. */
  | SecondFactorRequired
  /** The state has expired or was used before. Nothing was done. */
  | { readonly ok: false; readonly reason: 'invalid_token' }

export interface OAuthAccount {
  readonly id: OAuthAccountId
  readonly provider: string
  readonly label: string | null
  readonly createdAt: Date
  readonly lastUsedAt: Date
  /** Whether tokens of the provider are stored. */
  readonly hasTokens: boolean
}

export type OAuthLink =
  | { readonly ok: true; readonly account: OAuthAccount }
  /** The identity is already linked, to this or another account. */
  | { readonly ok: false; readonly reason: 'already_exists' }
  /** The acting session has ended. Nothing was done. */
  | { readonly ok: false; readonly reason: 'stale' }
  /** The state has expired or was used before. Nothing was done. */
  | { readonly ok: false; readonly reason: 'invalid_token' }

/** A new identity for `link`. */
export interface NewOAuthLink extends OAuthIdentity {
  newAccountId: OAuthAccountId
  /** The state of the flow, which the link uses in the same commit (default: null, without a flow). */
  state?: OAuthStateKey | null
}

/** The sign-in methods that the application offers. A method that it does not offer is none that is left to a user. */
export interface UsableMethods {
  /** Whether a verified email address signs in, by a magic link. */
  mailSignIn: boolean
  /** Whether a password signs in while the email address is unverified (default: true); without one it never does. */
  unverifiedPasswordSignIn?: boolean
  /** Whether passkeys sign in (default: true). */
  passkeySignIn?: boolean
  /** The configured providers (default: every provider). */
  providers?: readonly string[]
}

/** The outcome of removing a sign-in method. */
export type MethodRemoval =
  | { readonly ok: true }
  /** The user has no such sign-in method. */
  | { readonly ok: false; readonly reason: 'not_found' }
  /** It is the user's only sign-in method. */
  | { readonly ok: false; readonly reason: 'last_method' }
  /** The acting session has ended. */
  | { readonly ok: false; readonly reason: 'stale' }

/** A provider's tokens as they are stored. */
export interface ProviderTokens {
  readonly provider: string
  readonly subject: string
  readonly tokens: Ciphertext
  /** Incremented with every replacement. */
  readonly version: number
}

/** Provider tokens and the account they belong to. */
export interface StoredTokens extends ProviderTokens {
  readonly userId: UserId
  readonly id: OAuthAccountId
}

/** The end of a batch of tokens; pass it as `after` to get the next one. */
export type TokensCursor = Pick<ProviderTokens, 'subject' | 'provider'>

/** Stores linked accounts at providers. One identity belongs to one user, in the whole database. */
export interface OAuthAccountRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Signs in by identity and opens the session, in one commit. A new identity is linked to the account of its email,
   * or to a new account.
   */
  signIn(person: OAuthSignIn): Promise<OAuthSignInOutcome<Metadata>>
  /** Links an identity to the user of the acting session. */
  link(actor: SessionActor, identity: NewOAuthLink): Promise<OAuthLink>
  /** Unlinks an account and deletes its tokens. Refuses to remove the only sign-in method. */
  unlink(actor: SessionActor, id: OAuthAccountId, usable: UsableMethods): Promise<MethodRemoval>
  list(userId: UserId): Promise<readonly OAuthAccount[]>
  /** Returns the tokens of a linked account, or null if there are none. */
  findTokens(userId: UserId, id: OAuthAccountId): Promise<ProviderTokens | null>
  /**
   * Lists tokens that are encrypted under an older key, so that they can be re-encrypted: those that do not start
   * with `notStartingWith`, the header of the current key. Ordered by provider and subject; at most `limit`
   * (1 to 1,000).
   */
  listTokens(query: {
    notStartingWith: Uint8Array
    limit: number
    after?: TokensCursor
  }): Promise<readonly StoredTokens[]>
  /**
   * Replaces the tokens if they still have this version, and ends the lease. Returns false if another caller has
   * replaced them.
   */
  replaceTokens(
    userId: UserId,
    id: OAuthAccountId,
    change: { version: number; tokens: Ciphertext },
  ): Promise<boolean>
  /** Acquires the lease to refresh the tokens. Returns true for one caller at a time. The lease expires by itself. */
  leaseRefresh(
    userId: UserId,
    id: OAuthAccountId,
    lease: { version: number; leaseSeconds: number },
  ): Promise<boolean>
}
