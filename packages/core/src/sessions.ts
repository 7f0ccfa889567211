import type { SessionId, UserId } from './ids.js'
import type { Json } from './profile.js'
import type { RateLimitRefund } from './rate-limits.js'
import type { TokenHash } from './token-hash.js'
import type { User } from './users.js'

/** A way a person can prove who they are. */
export type SignInMethod = 'password' | 'magic_link' | 'oauth' | 'passkey'

/** How long sessions live. */
export interface SessionLifetime {
  /** Seconds without use until the session ends; at most `absoluteSeconds`. */
  idleSeconds: number
  /** Seconds from opening until the session ends, whatever the activity. */
  absoluteSeconds: number
}

/** A session to open. */
export interface NewSession extends SessionLifetime {
  /** From `newSessionId()`. */
  id: SessionId
  secretHash: TokenHash
  /** The ways proved in this sign-in, at least one. */
  methods: readonly SignInMethod[]
  /** Canonical text of the network address, or null when unknown; at most 64 bytes. */
  ip: string | null
  /** At most 1,024 bytes. */
  userAgent: string | null
}

/** A session as its owner may see it; holds nothing that opens it. */
export interface Session {
  readonly id: SessionId
  readonly userId: UserId
  readonly methods: readonly SignInMethod[]
  readonly ip: string | null
  readonly userAgent: string | null
  readonly createdAt: Date
  /** When the person last proved who they are in this session. */
  readonly authenticatedAt: Date
  /** Last use, as exact as touches are frequent. */
  readonly lastActiveAt: Date
  /** When it ends unless it is used before. */
  readonly expiresAt: Date
  /** When it ends in any case. */
  readonly absoluteExpiresAt: Date
}

/** What names and opens a session: the parts of its token, the secret as a hash. */
export interface SessionKey {
  userId: UserId
  id: SessionId
  secretHash: TokenHash
}

/**
 * The epochs of a user that a validation saw. Ending everything adds one to them, so an act that
 * carries old epochs does nothing: no act of an old session outlives a take-over.
 */
export interface Epochs {
  readonly session: number
  readonly owner: number
}

/** The session on whose behalf something is done, as its validation saw it. */
export interface SessionActor {
  userId: UserId
  sessionId: SessionId
  epochs: Epochs
}

export interface ValidSession<Metadata extends object = Record<string, Json>> {
  readonly user: User<Metadata>
  readonly session: Session
  readonly epochs: Epochs
  /** True when the last touch is older than the `touchSeconds` asked for. */
  readonly touchDue: boolean
  /** True when the person proved who they are within the `recentSeconds` asked for. */
  readonly recent: boolean
}

export type SessionOpening =
  | { readonly ok: true; readonly session: Session }
  /** The user does not exist or is disabled. */
  | { readonly ok: false; readonly reason: 'account_disabled' }

/** A session to open beside a live one, for the same person: what it does not say, it inherits. */
export interface DerivedSession
  extends Pick<NewSession, 'id' | 'secretHash' | 'idleSeconds' | 'ip' | 'userAgent'> {}

export type OthersRevoked =
  | { readonly ok: true; readonly revoked: number }
  /** The asking session has ended, or its epochs have moved: validate again. */
  | { readonly ok: false; readonly reason: 'stale' }

/**
 * Sessions. `SessionStorage` is another name of this. Expiry, epoch and the disabled flag are judged
 * by the database's clock in the statement itself, never by a clean-up job.
 */
export interface SessionRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Opens a session for a user whose identity the caller has just established. One that is opened while
   * everything is being ended may be dead on arrival: the first validation tells.
   */
  open(userId: UserId, session: NewSession): Promise<SessionOpening>
  /**
   * Opens a session beside the asking one, which it inherits from: ways, `authenticatedAt` and the absolute
   * end. Null when the asking session has ended.
   */
  derive(actor: SessionActor, session: DerivedSession): Promise<Session | null>
  /**
   * The session and its user, or null when it is unknown, ended or expired: one answer for all. Writes
   * nothing. Without `recentSeconds` no proof counts as recent.
   */
  validate(
    key: SessionKey,
    options: { touchSeconds: number; recentSeconds?: number },
  ): Promise<ValidSession<Metadata> | null>
  /**
   * Moves the idle end of a live session forward, never past its absolute end and never back to life.
   * Writes at most once per `touchSeconds`, however many ask; never waits for another writer.
   * Null when nothing was due.
   */
  touch(
    key: SessionKey,
    options: { idleSeconds: number; touchSeconds: number },
  ): Promise<Pick<Session, 'lastActiveAt' | 'expiresAt'> | null>
  /** The live sessions of a user, last used first. */
  list(userId: UserId): Promise<readonly Session[]>
  /**
   * Ends one session of this user, asked for by an operator (an id) or by the user (their session, which must
   * still be live). False if it is not a live session of this user.
   */
  revoke(who: UserId | SessionActor, id: SessionId): Promise<boolean>
  /**
   * Ends the session that this key opens (signing out): its secret is checked in the same statement,
   * so who only knows the ids ends nothing. False if it is not live.
   */
  end(key: SessionKey): Promise<boolean>
  /** Ends every other session of the asking session's user, also those being opened right now. */
  revokeOthers(actor: SessionActor): Promise<OthersRevoked>
  /**
   * Ends every session of the user, also those being opened right now: asked for by an operator (an id) or by
   * the user (their session, which must still be live). How many were live.
   */
  revokeAll(who: UserId | SessionActor): Promise<number>
  /** Gives a live session a new secret; the old one is dead at once. Null if it is not live. */
  rotate(key: SessionKey, newSecretHash: TokenHash): Promise<Session | null>
  /**
   * Notes a fresh proof of identity on a live session (`authenticatedAt`, the method) and gives it a
   * new secret (or keeps it, when the same hash is given). Null if it is not live.
   */
  reauthenticate(
    key: SessionKey,
    proof: { newSecretHash: TokenHash; method: SignInMethod; refund?: RateLimitRefund },
  ): Promise<Session | null>
}
