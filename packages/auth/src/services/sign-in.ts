import type { Session, SessionToken, User } from 'torii-core'

/** The user is signed in. The token is returned here once; the database never stores it. */
export interface SignedIn<Metadata extends object> {
  readonly ok: true
  readonly user: User<Metadata>
  readonly session: Session
  readonly token: SessionToken
  /** True where the second factor made the browser a trusted one: set `torii.trustedCookie`. Absent otherwise. */
  readonly trustsBrowser?: boolean
}
