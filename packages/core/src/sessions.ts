import type { Brand } from './brand.js'
import type { SessionId, UserId } from './ids.js'
import type { SecondFactorRequired } from './pending-sign-ins.js'
import type { Json } from './profile.js'
import type { Charge, RateLimitRefund } from './rate-limits.js'
import type { TokenHash } from './token-hash.js'
import type { PresentedTrust } from './trusted-browsers.js'
import type { User } from './users.js'

/** A sign-in method: how a user can prove who they are. */
export type SignInMethod = 'password' | 'magic_link' | 'oauth' | 'passkey'

/** A second factor: what a user proves after a sign-in method. */
export type SecondFactor = 'totp' | 'recovery_code' | 'passkey' | 'password'

/**
 * How a session was proved: the sign-in method first, then the second factor. `imported`: it goes on from a session of another
 * system, which knows how.
 */
export type AuthenticationMethod = SignInMethod | SecondFactor | 'imported'

/** The methods that prove something the user has. A passkey with user verification proves more, and reaches level 2 by itself. */
export const possessionMethods: readonly AuthenticationMethod[] = Object.freeze([
  'passkey',
  'totp',
  'recovery_code',
])

/** 1: one factor was proved in the session. 2: two were. */
export type SessionLevel = 1 | 2

/**
 * Whose sign-ins need a second factor besides those of users who have one. `per-user`: users of whom
 * `secondFactors.setRequired` asks it, once their grace has ended. `always`: every user. A user without a second factor then
 * gets a pending sign-in on which they enroll.
 */
export type SecondFactorPolicy = 'optional' | 'per-user' | 'always'

/** How long sessions live. */
export interface SessionLifetime {
  /** Seconds without use until the session ends; at most `absoluteSeconds`. */
  idleSeconds: number
  /** Seconds from opening until the session ends, also while it is used. */
  absoluteSeconds: number
}

/** A session to open. */
export interface NewSession extends SessionLifetime {
  /** From `newSessionId()`. */
  id: SessionId
  secretHash: TokenHash
  /** The sign-in methods of this sign-in, at least one. */
  methods: readonly SignInMethod[]
  /**
   * 2 if the caller has proved two factors, as a passkey with user verification does. With 1, a user who has a second
   * factor gets a pending sign-in instead of the session (default: 1).
   */
  level?: SessionLevel
  /** Of whom a second factor is asked with level 1 (default: optional). A grace of the user ends the session. */
  secondFactor?: SecondFactorPolicy
  /**
   * What the browser presents in place of the second factor (default: null). A sign-in by an identity that is not linked yet
   * ignores it.
   */
  trust?: PresentedTrust | null
  /** Canonical text of the IP address, or null when unknown; at most 64 bytes. */
  ip: string | null
  /** At most 1,024 bytes. */
  userAgent: string | null
}

/** A session, with the fields that its owner may see. Contains no secret. */
export interface Session {
  readonly id: SessionId
  readonly userId: UserId
  readonly methods: readonly AuthenticationMethod[]
  /** How many factors were proved. It never falls. */
  readonly level: SessionLevel
  /** When two factors were last proved; null while `level` is 1. */
  readonly level2At: Date | null
  readonly ip: string | null
  readonly userAgent: string | null
  readonly createdAt: Date
  /** When the user last authenticated in this session. */
  readonly authenticatedAt: Date
  /** The last use, exact to `touchSeconds`. */
  readonly lastActiveAt: Date
  /** When the session expires unless it is used before. */
  readonly expiresAt: Date
  /** When the session expires, even if it is used. */
  readonly absoluteExpiresAt: Date
}

/** The parts of a session token; the secret as a hash. */
export interface SessionKey {
  userId: UserId
  id: SessionId
  secretHash: TokenHash
}

/**
 * The epochs of a user, as a validation read them. Ending sessions or removing unverified credentials increments
 * them, and an operation with old epochs does nothing, so an ended session cannot change anything.
 */
export interface Epochs {
  readonly session: number
  readonly owner: number
}

/** The session on whose behalf an operation runs, with the epochs that its validation read. */
export interface SessionActor {
  userId: UserId
  sessionId: SessionId
  epochs: Epochs
}

/** The actor of an operation that counts itself against a rate limit. */
export interface CountedActor extends SessionActor {
  /**
   * Counted in the operation's own statement, before anything else (default: nothing is counted). A refused operation
   * changes nothing, and returns what it returns for a session that has ended.
   */
  charge?: Charge
}

export interface ValidSession<Metadata extends object = Record<string, Json>> {
  readonly user: User<Metadata>
  readonly session: Session
  readonly epochs: Epochs
  /** True when the last touch is older than the requested `touchSeconds`. */
  readonly touchDue: boolean
  /** True when the user has a second factor. */
  readonly hasSecondFactor: boolean
  /**
   * True when the user authenticated within the requested `recentSeconds`; where they have a second factor, when they
   * proved two factors within them.
   */
  readonly recent: boolean
  /** When the session was validated, by the database's clock. */
  readonly validatedAt: Date
}

export type SessionOpening =
  | { readonly ok: true; readonly session: Session }
  /** The user does not exist or is disabled. */
  | { readonly ok: false; readonly reason: 'account_disabled' }
  | SecondFactorRequired

/** A second session for the user of a live session, from which it inherits all other values. */
export interface DerivedSession
  extends Pick<NewSession, 'id' | 'secretHash' | 'idleSeconds' | 'ip' | 'userAgent'> {}

/** A session of another system, by which a user whose account was imported is still signed in. */
export interface ImportedSession {
  /** The SHA-256 of the token that the user's browser sends; the token is stored nowhere. */
  key: TokenHash
  userId: UserId
  /** When the user signed in there. */
  authenticatedAt: Date
  /** When it ends, at the latest. */
  expiresAt: Date
  /** How many factors the other system says were proved (default: 1). */
  level?: SessionLevel
  /** At most 1,024 bytes. */
  userAgent: string | null
}

/** The session to open in place of an imported one; its methods are `imported`, its level is that of the imported one. */
export interface SessionOfImported
  extends Omit<NewSession, 'methods' | 'level' | 'trust' | 'secondFactor'> {
  /** Of whom a second factor is asked (default: optional). */
  secondFactor?: SecondFactorPolicy
  /** Whether a user whose email is unverified gets none (default: false). */
  verifiedOnly?: boolean
}

export type ImportedSessionOpening =
  | {
      readonly ok: true
      readonly session: Session
      /** Whether the request has the user agent of the imported session; true if that is unknown. */
      readonly sameUserAgent: boolean
    }
  /** Another request of the last minute has opened its session; whether that is live is not known. */
  | { readonly ok: false; readonly reason: 'opened_before'; readonly userId: UserId }
  /** It is unknown, expired, was ended or used before; or the user is disabled. */
  | { readonly ok: false; readonly reason: 'invalid_token' }
  | SecondFactorRequired

/** The end of a page of sessions; pass it as `after` to get the next page. */
export type SessionCursor = Brand<string, 'SessionCursor'>

export interface SessionQuery {
  /** 1 to 200 (default: 50). */
  limit?: number
  after?: SessionCursor
}

export interface SessionPage {
  readonly sessions: readonly Session[]
  /** Null when there is nothing after this page. */
  readonly next: SessionCursor | null
}

export type OthersRevoked =
  | { readonly ok: true; readonly revoked: number }
  /** The acting session has ended, or its epochs have changed: validate again. */
  | { readonly ok: false; readonly reason: 'stale' }

/**
 * Stores sessions. `SessionStorage` is an alias. Every statement checks expiry, epochs and the disabled flag itself,
 * by the database's clock, so this needs no clean-up job.
 */
export interface SessionRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Opens a session for a user whose identity the caller has just established; a pending sign-in instead where a second
   * factor is due. A session that is opened while
   * all sessions are being ended may have ended already: its first validation returns null.
   */
  open(userId: UserId, session: NewSession): Promise<SessionOpening>
  /**
   * Derives a session from the acting one: it inherits the methods, the level with its time, `authenticatedAt` and the absolute end.
   * Null when the acting session has ended.
   */
  derive(actor: CountedActor, session: DerivedSession): Promise<Session | null>
  /**
   * Returns the session and its user, or null if it is unknown, ended or expired. Writes nothing. Without
   * `recentSeconds` no authentication counts as recent.
   */
  validate(
    key: SessionKey,
    options: { touchSeconds: number; recentSeconds?: number },
  ): Promise<ValidSession<Metadata> | null>
  /**
   * Extends the idle expiry of a live session, never past its absolute expiry; an ended session stays ended. Writes
   * at most once per `touchSeconds`, however many callers there are, and never waits for another writer. Returns null
   * if no write was due.
   */
  touch(
    key: SessionKey,
    options: { idleSeconds: number; touchSeconds: number },
  ): Promise<Pick<Session, 'lastActiveAt' | 'expiresAt'> | null>
  /** Lists the live sessions of a user, last used first. */
  list(userId: UserId): Promise<readonly Session[]>
  /** Lists a page of the same sessions. A session that is used between two pages moves to the first one. */
  listPage(userId: UserId, query?: SessionQuery): Promise<SessionPage>
  /**
   * Ends one session of this user, for an administrator (`who` is a user's id) or for the user (`who` is their
   * acting session, which must still be live). False if it is not a live session of this user.
   */
  revoke(who: UserId | SessionActor, id: SessionId): Promise<boolean>
  /**
   * Ends the session that this key opens (signing out). The same statement checks its secret, so a caller who
   * knows only the ids ends nothing. False if it is not live.
   */
  end(key: SessionKey): Promise<boolean>
  /** Ends every other session of the acting session's user, also those that are being opened at the moment. */
  revokeOthers(actor: CountedActor): Promise<OthersRevoked>
  /**
   * Ends every session of the user, also those that are being opened at the moment, for an administrator (`who` is a
   * user's id) or for the user (`who` is their acting session, which must still be live). Returns how many were live.
   */
  revokeAll(who: UserId | SessionActor): Promise<number>
  /** Gives a live session a new secret; the old one stops working at once. Null if it is not live. */
  rotate(key: SessionKey, newSecretHash: TokenHash): Promise<Session | null>
  /**
   * Records a re-authentication on a live session (`authenticatedAt`, the method; never the level) and gives it a new secret, or
   * keeps its secret when the same hash is given. Null if it is not live.
   */
  reauthenticate(
    key: SessionKey,
    proof: { newSecretHash: TokenHash; method: SignInMethod; refund?: RateLimitRefund },
  ): Promise<Session | null>
  /**
   * Stores sessions of another system, at most 1,000, and returns how many are new. A key is stored once, however often it is given. A user
   * who does not exist, or whose sessions were ended here before, gets none. Expired ones are left out.
   */
  importMany(sessions: readonly ImportedSession[]): Promise<number>
  /**
   * Opens a session in place of an imported one, which is used up; a pending sign-in where a second factor is due and the imported session
   * has level 1. `authenticatedAt` is that of the imported session, and the new one ends no later. One statement; of many
   * at once, one opens it.
   */
  openImported(key: TokenHash, session: SessionOfImported): Promise<ImportedSessionOpening>
  /** Ends an imported session, used or not, so that its token opens nothing. False if it is unknown or was ended. */
  endImported(key: TokenHash): Promise<boolean>
}
