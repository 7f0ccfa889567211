import type { Session, SessionToken, User } from 'torii-core'

/** A person is signed in. The token is shown here once; the database never sees it. */
export interface SignedIn<Metadata extends object> {
  readonly ok: true
  readonly user: User<Metadata>
  readonly session: Session
  readonly token: SessionToken
}
