import type { User, UserId } from 'torii-core'
import { milliseconds, toDate, toDateOrNull } from '../../sql/time.js'

/** What every statement that answers with a user selects; `u` is the users row. */
export const userColumns = `
  u.id as user_id, u.email, ${milliseconds('u.email_verified_at')} as email_verified_at,
  u.name, u.picture, u.metadata, ${milliseconds('u.disabled_at')} as disabled_at,
  ${milliseconds('u.created_at')} as user_created_at, ${milliseconds('u.updated_at')} as user_updated_at`

/** {@link userColumns} once more, of a CTE `u` that selected them. */
export const selectedUserColumns = `
  u.user_id, u.email, u.email_verified_at, u.name, u.picture, u.metadata, u.disabled_at, u.user_created_at,
  u.user_updated_at`

export interface UserRow {
  user_id: UserId
  email: string | null
  email_verified_at: number | null
  name: string | null
  picture: string | null
  metadata: object
  disabled_at: number | null
  user_created_at: number
  user_updated_at: number
}

/** The column holds what `checkMetadata` accepted of a `Metadata`; PostgreSQL's jsonb keeps it. */
export function toUser<Metadata extends object>(row: UserRow): User<Metadata> {
  const user = {
    id: row.user_id,
    email: row.email,
    emailVerifiedAt: toDateOrNull(row.email_verified_at),
    emailVerified: row.email_verified_at !== null,
    name: row.name,
    picture: row.picture,
    metadata: row.metadata as Metadata,
    disabledAt: toDateOrNull(row.disabled_at),
    createdAt: toDate(row.user_created_at),
    updatedAt: toDate(row.user_updated_at),
  }
  // The table's check: without an email there is no time at which it was verified.
  return user as User<Metadata>
}
