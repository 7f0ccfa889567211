import type { Brand } from './brand.js'
import type { UserId } from './ids.js'
import type { Json, ProfileChanges } from './profile.js'
import type { PasswordHash } from './secret.js'
import type { NewSession, Session, SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'

/** An address, or none at all (an OAuth account need not have one); only an address can be verified. */
export type UserEmail =
  | {
      /** As the person wrote it; mail goes here. */
      readonly email: string
      /** When the person last proved to own the mailbox, or null. */
      readonly emailVerifiedAt: Date | null
    }
  | { readonly email: null; readonly emailVerifiedAt: null }

/** A person's account. `Metadata` is the application's own data, typed by its own generic. */
export type User<Metadata extends object = Record<string, Json>> = UserEmail & {
  readonly id: UserId
  readonly name: string | null
  readonly picture: string | null
  readonly metadata: Metadata
  /** When an operator disabled the account, or null. A disabled user has no session and gets none. */
  readonly disabledAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** An account to make. */
export interface NewUser<Metadata extends object = Record<string, Json>>
  extends ProfileChanges<Metadata> {
  /** From `newUserId()`; an id is used once. */
  id: UserId
  email: string
  /** True when the mailbox is already proved, for example by an import (default: false). */
  emailVerified?: boolean
  /** Absent for an account without a password. */
  passwordHash?: PasswordHash
  /** A session to open in the same commit. */
  session?: NewSession
  /** A token to mail, stored in the same commit; for a taken, unverified address it is that account's. */
  verification?: { secretHash: TokenHash; lifetimeSeconds: number }
}

/** What the owner of a taken address is to be told by mail; whoever registers is told nothing of it. */
export type TakenNotice =
  /** The address is still unverified: the token given with the registration is its new one. */
  | { readonly kind: 'verify_email'; readonly to: string; readonly userId: UserId }
  | { readonly kind: 'already_registered'; readonly to: string }

export type Registration<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata>; readonly session: Session | null }
  /**
   * Another account holds this address. `notice` is null when no `verification` was given, when the account
   * is disabled, and for the loser of a race, whose winner is mailed anyway.
   */
  | { readonly ok: false; readonly reason: 'email_taken'; readonly notice: TakenNotice | null }

/** Where a page of users ends; hand it back as `after`. */
export type UserCursor = Brand<string, 'UserCursor'>

export interface UserQuery {
  /** 1 to 200 (default: 50). */
  limit?: number
  after?: UserCursor
  /** Only users whose canonical address starts with this printable ASCII text (any case). */
  emailPrefix?: string
}

export interface UserPage<Metadata extends object = Record<string, Json>> {
  readonly users: readonly User<Metadata>[]
  /** Null when there is nothing after this page. */
  readonly next: UserCursor | null
}

/**
 * Accounts. Every method is one commit. `UserStorage` is another name of this.
 * All methods throw InvalidInputError before any query for an argument of the wrong shape.
 */
export interface UserRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Makes the account, with its password and first session if given. Of any number of callers with
   * one address (in any spelling) exactly one succeeds.
   */
  register(user: NewUser<Metadata>): Promise<Registration<Metadata>>
  find(id: UserId): Promise<User<Metadata> | null>
  /** Finds by any spelling of the address. */
  findByEmail(email: string): Promise<User<Metadata> | null>
  /**
   * Changes only the fields given, asked for by an operator (an id) or by the user (their session, which must
   * still be live). Null if there is no such user, or no such session.
   */
  updateProfile(
    who: UserId | SessionActor,
    changes: ProfileChanges<Metadata>,
  ): Promise<User<Metadata> | null>
  /**
   * Marks the address as verified by an operator who vouches for it; passwords and sessions stay.
   * Null if the user is gone or has another address by now. (What a person proves with a mailed
   * link goes through verification tokens, which also end what a squatter left behind.)
   */
  verifyEmail(id: UserId, email: string): Promise<User<Metadata> | null>
  /** Ends every session of the user at once and lets nobody sign in, until `enable`. Null if gone. */
  disable(id: UserId): Promise<User<Metadata> | null>
  /** Lets the user sign in again; old sessions stay ended. Null if gone. */
  enable(id: UserId): Promise<User<Metadata> | null>
  /**
   * Deletes the user and everything that belongs to it, links mailed to its address included; asked for by an
   * operator (an id) or by the user (their session, which must still be live). False if there was no such
   * user, or no such session.
   */
  delete(who: UserId | SessionActor): Promise<boolean>
  /** A page of users: newest first, or by address when `emailPrefix` is given. */
  list(query?: UserQuery): Promise<UserPage<Metadata>>
}
