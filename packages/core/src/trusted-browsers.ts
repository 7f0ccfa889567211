import type { TrustedBrowserId } from './ids.js'
import type { TokenHash } from './token-hash.js'

/** The accounts that one browser may be trusted by: so many secrets it keeps. */
export const maxTrustedAccounts = 5

/**
 * What a browser presents at a sign-in in place of the second factor. If one of its secrets is that of a live trusted browser of
 * the user, the statement that opens the session replaces it by the new one, and opens the session at level 1. Of two sign-ins
 * with one secret at the same time, one does; the other becomes a pending sign-in.
 */
export interface PresentedTrust {
  /** 1 to 5; a browser does not know which of them is the user's. */
  readonly secretHashes: readonly TokenHash[]
  readonly newSecretHash: TokenHash
}

/** A browser to trust once the second factor was proved. */
export interface NewTrustedBrowser {
  /** From `newTrustedBrowserId()`. */
  readonly id: TrustedBrowserId
  readonly secretHash: TokenHash
  /** The secrets that this browser had before, at most 5: those of this user are deleted. */
  readonly formerHashes: readonly TokenHash[]
  /** Seconds until the second factor is due again; a sign-in does not extend them. */
  readonly lifetimeSeconds: number
}

/** A browser in which a user signs in without the second factor. Contains no secret. */
export interface TrustedBrowser {
  readonly id: TrustedBrowserId
  readonly userAgent: string | null
  /** When the second factor was proved in it. */
  readonly createdAt: Date
  /** The last sign-in that it opened; null without one. */
  readonly lastUsedAt: Date | null
  readonly expiresAt: Date
}
