import type { Brand } from './brand.js'
import type { UserId } from './ids.js'
import type { Json, ProfileChanges } from './profile.js'
import type { PasswordHash } from './secret.js'
import type { CountedActor, NewSession, Session, SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'

/** The email of a user and its verification. Both are null for a user without an email, which OAuth allows. */
export type UserEmail =
  | {
      /** In the spelling that the user entered. Mail is sent to it. */
      readonly email: string
      /** When the user verified the email, or null. */
      readonly emailVerifiedAt: Date | null
      /** Whether the user verified the email, as in HTTP responses. */
      readonly emailVerified: boolean
    }
  | { readonly email: null; readonly emailVerifiedAt: null; readonly emailVerified: false }

/** A person's account. `Metadata` is the application's own data, typed by its own generic. */
export type User<Metadata extends object = Record<string, Json>> = UserEmail & {
  readonly id: UserId
  readonly name: string | null
  readonly picture: string | null
  readonly metadata: Metadata
  /** When an administrator disabled the account, or null. A disabled user has no session and gets none. */
  readonly disabledAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** An account to create. */
export interface NewUser<Metadata extends object = Record<string, Json>>
  extends ProfileChanges<Metadata> {
  /** From `newUserId()`. Every account needs a new id. */
  id: UserId
  email: string
  /** True if the email is already verified, for example in an import (default: false). */
  emailVerified?: boolean
  /** Absent for an account without a password. */
  passwordHash?: PasswordHash
  /** A session to open in the same commit. */
  session?: NewSession
  /**
   * The token of the verification mail, stored in the same commit. If an unverified account has the email, the token
   * is stored for that account.
   */
  verification?: { secretHash: TokenHash; lifetimeSeconds: number }
}

/**
 * The mail to send to the owner of an email that already has an account. The response to the registration must not
 * reveal it.
 */
export type TakenNotice =
  /** The existing account is unverified. The token of this registration replaces its verification token. */
  | { readonly kind: 'verify_email'; readonly to: string; readonly userId: UserId }
  | { readonly kind: 'already_registered'; readonly to: string }

export type Registration<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata>; readonly session: Session | null }
  /**
   * Another account has this email. `notice` is null when no `verification` was given, when the account is disabled,
   * and if a concurrent registration of the same email succeeded, which sends a mail itself.
   */
  | { readonly ok: false; readonly reason: 'email_taken'; readonly notice: TakenNotice | null }

export type UserUpdate<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata> }
  /** `conflict`: the account has changed since it was read, so nothing was changed. */
  | { readonly ok: false; readonly reason: 'not_found' | 'conflict' }

/** The end of a page of users; pass it as `after` to get the next page. */
export type UserCursor = Brand<string, 'UserCursor'>

export interface UserQuery {
  /** 1 to 200 (default: 50). */
  limit?: number
  after?: UserCursor
  /** Only users whose canonical email starts with this printable ASCII text (any case). */
  emailPrefix?: string
}

export interface UserPage<Metadata extends object = Record<string, Json>> {
  readonly users: readonly User<Metadata>[]
  /** Null when there is nothing after this page. */
  readonly next: UserCursor | null
}

/**
 * Stores accounts. Every method is one commit. `UserStorage` is an alias. Every repository throws InvalidInputError
 * for an invalid number, text, list or object, before any query. A branded value (an id, a hash, a key) is validated
 * when it is created: `parseUserId()`, `tokenHash()`, `new PasswordHash()` and so on.
 */
export interface UserRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Creates the account, with its password and first session if given. Of concurrent calls with the same email (in
   * any spelling), exactly one succeeds.
   */
  register(user: NewUser<Metadata>): Promise<Registration<Metadata>>
  find(id: UserId): Promise<User<Metadata> | null>
  /** Finds a user by any spelling of the email. */
  findByEmail(email: string): Promise<User<Metadata> | null>
  /**
   * Changes only the fields given, for an administrator (`who` is a user's id) or for the user (`who` is their acting
   * session, which must still be live). Null if there is no such user, or no such session.
   */
  updateProfile(
    who: UserId | CountedActor,
    changes: ProfileChanges<Metadata>,
  ): Promise<User<Metadata> | null>
  /**
   * Changes only the fields given, for an administrator who has read the account: `conflict` if a profile change came
   * after `seen`, the `updatedAt` of that reading. A field that already has the given value conflicts with nothing.
   */
  update(id: UserId, changes: ProfileChanges<Metadata>, seen: Date): Promise<UserUpdate<Metadata>>
  /**
   * Marks the email as verified, for an administrator; passwords and sessions stay. Returns null if the user does not
   * exist or has another email by now. A verification token, in contrast, also removes unverified credentials.
   */
  verifyEmail(id: UserId, email: string): Promise<User<Metadata> | null>
  /** Ends every session of the user and refuses every sign-in until `enable`. Null if the user is gone. */
  disable(id: UserId): Promise<User<Metadata> | null>
  /** Lets the user sign in again; old sessions stay ended. Null if the user is gone. */
  enable(id: UserId): Promise<User<Metadata> | null>
  /**
   * Deletes the user and everything that belongs to them, magic links to their email included, for an administrator
   * (`who` is a user's id) or for the user (`who` is their acting session, which must still be live). False if there
   * was no such user, or no such session.
   */
  delete(who: UserId | SessionActor): Promise<boolean>
  /** Lists a page of users: newest first, or by email when `emailPrefix` is given. */
  list(query?: UserQuery): Promise<UserPage<Metadata>>
}
