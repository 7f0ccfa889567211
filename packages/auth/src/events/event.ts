import type { OAuthAccountId, PasskeyId, SessionId, SignInMethod, UserId } from 'torii-core'

/** Where an event came from and whom it concerns. */
export interface EventContext {
  /** Whose account it concerns; null when no account is known, for example a made-up address. */
  readonly userId: UserId | null
  /** The session that acted or was opened; null where none did. */
  readonly sessionId: SessionId | null
  readonly ip: string | null
  readonly userAgent: string | null
}

/** Who let something happen: the person, or an operator through `torii.admin`. */
export type Actor = 'user' | 'admin'

/**
 * What can happen, each with what there is to say of it beside {@link EventContext}. Ids, names and
 * codes only: no password, token, hash or address.
 */
export interface EventDetails {
  /** An account was made. */
  readonly user_created: { readonly method: SignInMethod | 'admin' }
  readonly user_updated: { readonly fields: readonly string[]; readonly by: Actor }
  readonly user_deleted: { readonly by: Actor }
  readonly user_disabled: { readonly by: 'admin' }
  readonly user_enabled: { readonly by: 'admin' }
  /** The person took a copy of everything that is kept of them. */
  readonly user_exported: object
  /** The first proof of a mailbox ended what somebody had made before on this account. */
  readonly unverified_credentials_removed: { readonly method: SignInMethod | 'email' }

  readonly signed_in: { readonly method: SignInMethod }
  /** A refusal for something that was proved wrong; asking too often is `attempts_refused`. */
  readonly sign_in_failed: { readonly method: SignInMethod; readonly reason: string }
  /** A lock of the brute-force protection refused an attempt. */
  readonly attempts_refused: { readonly path: string }
  readonly attempts_unlocked: { readonly by: 'admin' }

  readonly signed_out: object
  readonly session_revoked: { readonly revokedSessionId: SessionId; readonly by: Actor }
  readonly sessions_revoked: { readonly count: number; readonly by: Actor }
  readonly session_derived: { readonly newSessionId: SessionId }
  readonly session_rotated: object
  readonly reauthenticated: { readonly method: SignInMethod }

  readonly password_set: object
  readonly password_changed: { readonly sessionsEnded: number }
  readonly password_removed: { readonly sessionsEnded: number }
  readonly password_reset_requested: object
  readonly password_reset: { readonly sessionsEnded: number }

  readonly magic_link_requested: object
  readonly email_verification_requested: object
  readonly email_verified: { readonly by: Actor }
  readonly email_change_requested: object
  readonly email_changed: { readonly sessionsEnded: number }

  readonly oauth_linked: { readonly provider: string; readonly accountId: OAuthAccountId | null }
  readonly oauth_unlinked: { readonly accountId: OAuthAccountId }

  readonly passkey_added: { readonly passkeyId: PasskeyId }
  readonly passkey_renamed: { readonly passkeyId: PasskeyId }
  readonly passkey_deleted: { readonly passkeyId: PasskeyId }
  /** A passkey's counter did not rise: the passkey may have been copied. */
  readonly passkey_counter_regression: { readonly passkeyId: PasskeyId }
}

/** The name of something that can happen. */
export type EventType = keyof EventDetails

/** Something that happened, told after its commit. `switch (event.type)` narrows `detail`. */
export type ToriiEvent = {
  readonly [Type in EventType]: EventContext & {
    readonly type: Type
    readonly detail: EventDetails[Type]
  }
}[EventType]

/** Receives what happened. What it throws or rejects with is dropped: a handler breaks no flow. */
export type EventHandler = (event: ToriiEvent) => unknown
