/** A person, as they may see themselves. Times are ISO 8601 in UTC. */
export interface User {
  readonly id: string
  readonly email: string | null
  readonly emailVerified: boolean
  readonly name: string | null
  readonly picture: string | null
  readonly createdAt: string
}

/** One of the person's sessions. */
export interface Session {
  readonly id: string
  /** Whether it is the one that asks. */
  readonly current: boolean
  readonly createdAt: string
  readonly lastActiveAt: string
  readonly expiresAt: string
  readonly absoluteExpiresAt: string
  readonly ip: string | null
  readonly userAgent: string | null
  readonly methods: readonly string[]
}

/** Who is signed in, and in which session. */
export interface SignedIn {
  readonly user: User
  readonly session: Session
}

/** A request that was taken on; the same for every address. */
export interface Accepted {
  readonly status: 'accepted'
}

export interface OAuthProvider {
  readonly id: string
  /** What to write on the button. */
  readonly name: string
}

export interface OAuthAccount {
  readonly id: string
  readonly provider: string
  /** What the provider calls the person there. */
  readonly label: string | null
  readonly createdAt: string
  readonly lastUsedAt: string
}

export interface Passkey {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly backedUp: boolean
}
