import type { NewSession, SessionActor, TokenHash, UserId } from 'torii-core'
import { tokenHash } from 'torii-core'
import type { Database } from '../sql/db.js'
import { many, maybeOne, nameStatements } from '../sql/db.js'
import { actorValues } from './input/input.js'
import { credentialColumns, toCredential } from './passkey-credential.js'
import type { SessionRow } from './sessions/session-row.js'
import { liveSession, sessionColumns } from './sessions/session-row.js'
import type { UserRow } from './user-row.js'
import { userColumns } from './user-row.js'
import { usedWithFormer, usedWithoutFormer } from './verification-token-row.js'

/** Of a session that a statement opened: `proved_now` and `linked_now` say what else the same statement did. */
const openedColumns = `${userColumns}, ${sessionColumns},
        coalesce(u.email_verified_at = s.created_at, false) as proved_now`

/** Found by the tests of all statements. @public */
export const statements = (schema: string) => {
  const opened = `${schema}.sessions s join ${schema}.users u on u.id = s.user_id`
  const isIt = 's.id = $1::uuid and s.secret_hash = $2::bytea'
  return nameStatements('receipts', {
    registered: `
      select ${userColumns}, ${sessionColumns}
      from ${schema}.users u left join ${schema}.sessions s on s.user_id = u.id and s.id = $2::uuid
      where u.id = $1::uuid and u.email_key = $3::text`,
    opened: `
      select ${openedColumns} from ${opened} where ${isIt} and s.user_id = $3::uuid`,
    openedByAddress: `
      select ${openedColumns} from ${opened} join ${schema}.user_emails e on e.user_id = s.user_id
      where ${isIt} and e.email_key = $3::text`,
    // The time of a statement is one for all its rows.
    openedByIdentity: `
      select ${openedColumns}, a.created_at = s.created_at as linked_now
      from ${opened} join ${schema}.oauth_accounts a on a.user_id = s.user_id
      where ${isIt} and a.provider = $3::text and a.subject = $4::text`,
    // A used link names nobody any more, so this reads all of the index; only ever after a lost answer.
    openedForAnybody: `
      select ${openedColumns} from ${opened} where ${isIt}`,
    hash: `
      select u.email from ${schema}.passwords p join ${schema}.users u on u.id = p.user_id
      where p.user_id = $1::uuid and p.hash = $2::text`,
    carried: `
      select exists (
        select 1 from ${schema}.passwords p where p.user_id = $1::uuid and p.owner_epoch = u.owner_epoch) as has_password
      from ${schema}.users u join ${schema}.sessions s on s.user_id = u.id
      where u.id = $1::uuid and s.id = $2::uuid and u.session_epoch = $3::int + 1 and u.owner_epoch = $4::int
        and ${liveSession}`,
    emailChange: `
      select ${userColumns}, case when t.epoch = ${usedWithFormer} then t.email end as former_email,
        0 as ended, 1 as used, 1 as mine
      from ${schema}.verification_tokens t
      join ${schema}.users u on u.id = t.user_id and u.email_key = t.email_key
      where t.user_id = $1::uuid and t.purpose = 'change_email' and t.secret_hash = $2::bytea
        and t.epoch in (${usedWithFormer}, ${usedWithoutFormer})`,
    state: `
      select 1 as one from ${schema}.oauth_states o where o.state_hash = $1::bytea`,
    challenge: `
      select 1 as one from ${schema}.passkey_challenges c where c.challenge_hash = $1::bytea`,
    challenged: `
      select ${credentialColumns}
      from ${schema}.passkey_challenges c join ${schema}.users u on u.id = c.user_id
      join ${schema}.passkeys k on k.user_id = u.id and k.owner_epoch = u.owner_epoch
      where c.challenge_hash = $1::bytea and u.disabled_at is null order by k.created_at, k.id`,
  })
}

/** A session that was opened, with its user. */
export interface OpenedRow extends UserRow, SessionRow {
  proved_now: boolean
}

type RegisteredRow = UserRow & (SessionRow | { session_id: null })
interface ChangedRow extends UserRow {
  former_email: string | null
  ended: number
  used: number
  mine: number
}
type Opened = Pick<NewSession, 'id' | 'secretHash'>

/**
 * What tells after a lost answer whether a write of ours was committed; null where it was not.
 * `schema` is an already quoted identifier.
 */
export function createReceipts(db: Database, schema: string) {
  const sql = statements(schema)
  const values = ({ id, secretHash }: Opened): unknown[] => [id, tokenHash(secretHash)]
  const opened = (row: OpenedRow) => row
  const there = () => true

  return {
    registered: (userId: UserId, emailKey: string, session: Opened | null) =>
      maybeOne(
        db,
        sql.registered,
        [userId, session?.id ?? null, emailKey],
        (row: RegisteredRow) => row,
      ),
    opened: (userId: UserId, session: Opened) =>
      maybeOne(db, sql.opened, [...values(session), userId], opened),
    openedByAddress: (emailKey: string, session: Opened) =>
      maybeOne(db, sql.openedByAddress, [...values(session), emailKey], opened),
    openedByIdentity: (provider: string, subject: string, session: Opened) =>
      maybeOne(
        db,
        sql.openedByIdentity,
        [...values(session), provider, subject],
        (row: OpenedRow & { linked_now: boolean }) => row,
      ),
    openedForAnybody: (session: Opened) =>
      maybeOne(db, sql.openedForAnybody, values(session), opened),
    /** The user's address, when this is the password's hash. */
    hash: (userId: UserId, hash: string) =>
      maybeOne(db, sql.hash, [userId, hash], (row: { email: string | null }) => row),
    /** Found when an act of the asking session itself has ended the others. */
    carried: (actor: SessionActor) =>
      maybeOne(db, sql.carried, actorValues(actor), (row: { has_password: boolean }) => row),
    /** Found when the address is the one that this token was mailed to, and the token was used for it. */
    emailChange: (userId: UserId, hash: TokenHash) =>
      maybeOne(db, sql.emailChange, [userId, tokenHash(hash)], (row: ChangedRow) => row),
    state: (hash: TokenHash) => maybeOne(db, sql.state, [tokenHash(hash)], there),
    challenge: (hash: TokenHash) => maybeOne(db, sql.challenge, [tokenHash(hash)], there),
    /** What may answer a challenge that is stored. */
    challenged: (hash: TokenHash) => many(db, sql.challenged, [tokenHash(hash)], toCredential),
  }
}
