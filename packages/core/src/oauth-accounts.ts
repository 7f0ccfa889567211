import type { Brand } from './brand.js'
import type { OAuthAccountId, UserId } from './ids.js'
import type { Json } from './profile.js'
import type { NewSession, Session, SessionActor } from './sessions.js'
import type { User } from './users.js'

/** What torii-auth made of a provider's tokens: storage never sees them in clear. */
export type Ciphertext = Brand<Uint8Array, 'Ciphertext'>

/** Who somebody is at a provider. (provider, subject) is the identity; the rest is what it says of them. */
export interface OAuthIdentity {
  /** The provider's name in the configuration, at most 64 bytes. */
  provider: string
  /** The provider's own id of the person, at most 255 bytes. Never the address. */
  subject: string
  /** What to show in a list of linked accounts, at most 254 bytes, or null. */
  label: string | null
  /** The provider's tokens, encrypted, or null to keep none. */
  tokens: Ciphertext | null
}

/** Somebody who comes back from a provider to sign in. */
export interface OAuthSignIn extends OAuthIdentity {
  /** The address that the provider gives, or null. */
  email: string | null
  /** True only when the provider is trusted for addresses and said, strictly, that this one is verified. */
  emailVerified: boolean
  /** For the account that may have to be made. */
  newUserId: UserId
  newAccountId: OAuthAccountId
  name: string | null
  picture: string | null
  session: NewSession
}

export type OAuthSignInOutcome<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: Session
      /**
       * `known`: the identity was linked before. `created`: a new account. `linked`: to the verified
       * account of the same address. `took_over`: to an unverified account of the same address, whose
       * ways in from before no longer count.
       */
      readonly how: 'known' | 'created' | 'linked' | 'took_over'
    }
  /** The account is disabled. */
  | { readonly ok: false; readonly reason: 'account_disabled' }

export interface OAuthAccount {
  readonly id: OAuthAccountId
  readonly provider: string
  readonly label: string | null
  readonly createdAt: Date
  readonly lastUsedAt: Date
  /** Whether tokens of the provider are kept. */
  readonly hasTokens: boolean
}

export type OAuthLink =
  | { readonly ok: true; readonly account: OAuthAccount }
  /** This identity belongs to an account already: another's, or this one's. */
  | { readonly ok: false; readonly reason: 'already_exists' }
  /** The asking session has ended meanwhile. */
  | { readonly ok: false; readonly reason: 'stale' }

/** What taking away a way in can come to. */
export type MethodRemoval =
  | { readonly ok: true }
  /** No such thing of this user. */
  | { readonly ok: false; readonly reason: 'not_found' }
  /** Nothing else would let this person in. */
  | { readonly ok: false; readonly reason: 'last_method' }
  /** The asking session has ended meanwhile. */
  | { readonly ok: false; readonly reason: 'stale' }

/** A provider's tokens as they are kept. */
export interface ProviderTokens {
  readonly provider: string
  readonly subject: string
  readonly tokens: Ciphertext
  /** Goes up with every replacement. */
  readonly version: number
}

/** Provider tokens and the account they belong to. */
export interface StoredTokens extends ProviderTokens {
  readonly userId: UserId
  readonly id: OAuthAccountId
}

/** Where a batch of tokens ends; hand it back as `after`. */
export type TokensCursor = Pick<ProviderTokens, 'subject' | 'provider'>

/** Accounts at providers. One identity belongs to one user, in the whole database. */
export interface OAuthAccountRepository<Metadata extends object = Record<string, Json>> {
  /** Signs in by identity, or links, takes over or makes the account; opens the session in the same commit. */
  signIn(person: OAuthSignIn): Promise<OAuthSignInOutcome<Metadata>>
  /** Links an identity to the user of the asking session. */
  link(
    actor: SessionActor,
    identity: OAuthIdentity & { newAccountId: OAuthAccountId },
  ): Promise<OAuthLink>
  /** Unlinks, and forgets its tokens; never the last way in. */
  unlink(
    actor: SessionActor,
    id: OAuthAccountId,
    options: { mailSignIn: boolean },
  ): Promise<MethodRemoval>
  list(userId: UserId): Promise<readonly OAuthAccount[]>
  /** The tokens of one linked account, or null if there are none. */
  findTokens(userId: UserId, id: OAuthAccountId): Promise<ProviderTokens | null>
  /**
   * A batch of tokens that do not start with `prefix` (the header of the key that writes today), in the order
   * of their key, so that they can be encrypted again under it. At most `limit` (1 to 1,000).
   */
  listTokens(query: {
    notStartingWith: Uint8Array
    limit: number
    after?: TokensCursor
  }): Promise<readonly StoredTokens[]>
  /**
   * Replaces the tokens if they are still of this version, and ends the lease. False if somebody else
   * replaced them meanwhile.
   */
  replaceTokens(
    userId: UserId,
    id: OAuthAccountId,
    change: { version: number; tokens: Ciphertext },
  ): Promise<boolean>
  /** Lets one caller at a time refresh the tokens: true for the one who may. Ends by itself. */
  leaseRefresh(
    userId: UserId,
    id: OAuthAccountId,
    lease: { version: number; leaseSeconds: number },
  ): Promise<boolean>
}
