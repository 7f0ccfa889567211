import type {
  EmailKey,
  NewSession,
  OAuthSignIn,
  PasswordHash,
  SecondFactorRequired,
  SessionActor,
  SessionId,
  TokenHash,
  UserId,
} from 'torii-core'
import type { StatementRunner } from '../../sql/database.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { exists, many, maybeOne } from '../../sql/rows.js'
import { read } from '../../sql/statement.js'
import { actorValues } from '../input/input.js'
import { linkIdOf } from '../input/input-credentials.js'
import { actor } from './actor.js'
import { linkId } from './link-row.js'
import type { PendingRow } from './new-session.js'
import { toSecondFactorRequired } from './new-session.js'
import { emailKey, secretHash, sessionId, userId } from './parameters.js'
import { credentialColumns, toCredential } from './passkey-credential.js'
import { pendingColumns } from './pending-row.js'
import type { SessionRow } from './session-row.js'
import { liveSession, sessionColumns } from './session-row.js'
import type { UserRow } from './user-row.js'
import { userColumns } from './user-row.js'
import { usedWithFormer, usedWithoutFormer } from './verification-token-row.js'

/**
 * Of a session, or of a pending sign-in, that a statement opened: `proved_now` and `linked_now` say what else the same
 * statement did.
 */
const openedColumnsOf = (schema: string) => `${userColumns}, ${sessionColumns},
        ${pendingColumns(schema)},
        coalesce(u.email_verified_at = coalesce(s.created_at, p.created_at), false) as proved_now`

/** Null: the user was registered without a session. */
const optionalSessionId = nullable('newSessionId', 'uuid')<SessionId>()
const provider = parameter('provider', 'text')<string>()
const subject = parameter('subject', 'text')<string>()
const hash = parameter('hash', 'text')<string>()
const importedKey = parameter('importedKey', 'bytea')<TokenHash>()
const challengeHash = parameter('challengeHash', 'bytea')<TokenHash>()

/** Reads that recognize a committed write after its reply was lost. */
export const readbackStatements = (schema: string) => {
  const openedColumns = openedColumnsOf(schema)
  const pending = sql`${schema}.pending_sign_ins p
        on p.user_id = u.id and p.id = ${sessionId} and p.secret_hash = ${secretHash}`
  // What the statement has opened for the user `u`: at most one of both has a row.
  const opened = sql`left join ${schema}.sessions s on s.user_id = u.id and s.id = ${sessionId} and s.secret_hash = ${secretHash}
      left join ${pending}`
  const isOpened = '(s.id is not null or p.id is not null)'
  return {
    registered: read(
      'readback.registered',
      sql`
      select ${userColumns}, ${sessionColumns}
      from ${schema}.users u left join ${schema}.sessions s on s.user_id = u.id and s.id = ${optionalSessionId}
      where u.id = ${userId} and u.email_key = ${emailKey}`,
    ),
    opened: read(
      'readback.opened',
      sql`
      select ${openedColumns} from ${schema}.users u ${opened} where u.id = ${userId} and ${isOpened}`,
    ),
    openedByEmail: read(
      'readback.openedByEmail',
      sql`
      select ${openedColumns} from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id ${opened}
      where e.email_key = ${emailKey} and ${isOpened}`,
    ),
    openedByImported: read(
      'readback.openedByImported',
      sql`
      select ${openedColumns} from ${schema}.imported_sessions i join ${schema}.users u on u.id = i.user_id ${opened}
      where i.key = ${importedKey} and ${isOpened}`,
    ),
    // The time of a statement is one for all its rows.
    openedByIdentity: read(
      'readback.openedByIdentity',
      sql`
      select ${openedColumns}, a.created_at = coalesce(s.created_at, p.created_at) as linked_now
      from ${schema}.oauth_accounts a join ${schema}.users u on u.id = a.user_id ${opened}
      where a.provider = ${provider} and a.subject = ${subject} and ${isOpened}`,
    ),
    // A used link names no user any more, so this reads two whole indexes; only ever after a lost reply.
    openedByAnyUser: read(
      'readback.openedByAnyUser',
      sql`
      select ${openedColumns} from (
        select s.user_id from ${schema}.sessions s where s.id = ${sessionId} and s.secret_hash = ${secretHash}
        union all
        select p.user_id from ${schema}.pending_sign_ins p where p.id = ${sessionId} and p.secret_hash = ${secretHash}
      ) as found join ${schema}.users u on u.id = found.user_id ${opened}`,
    ),
    hash: read(
      'readback.hash',
      sql`
      select u.email from ${schema}.passwords p join ${schema}.users u on u.id = p.user_id
      where p.user_id = ${userId} and p.hash = ${hash}`,
    ),
    carried: read(
      'readback.carried',
      sql`
      select exists (
        select 1 from ${schema}.passwords p where p.user_id = ${actor.userId} and p.owner_epoch = u.owner_epoch) as has_password
      from ${schema}.users u join ${schema}.sessions s on s.user_id = u.id
      where u.id = ${actor.userId} and s.id = ${actor.sessionId} and u.session_epoch = ${actor.sessionEpoch} + 1 and u.owner_epoch = ${actor.ownerEpoch}
        and ${liveSession}`,
    ),
    emailChange: read(
      'readback.emailChange',
      sql`
      select ${userColumns}, case when t.epoch = ${usedWithFormer} then t.email end as former_email,
        0 as ended, 1 as used, 1 as mine
      from ${schema}.verification_tokens t
      join ${schema}.users u on u.id = t.user_id and u.email_key = t.email_key
      where t.id = ${linkId} and t.user_id = ${userId} and t.secret_hash = ${secretHash}
        and t.epoch in (${usedWithFormer}, ${usedWithoutFormer})`,
    ),
    challenge: read(
      'readback.challenge',
      sql`
      select 1 as one from ${schema}.passkey_challenges c where c.challenge_hash = ${challengeHash}`,
    ),
    challenged: read(
      'readback.challenged',
      sql`
      select ${credentialColumns}
      from ${schema}.passkey_challenges c join ${schema}.users u on u.id = c.user_id
      join ${schema}.passkeys k on k.user_id = u.id and k.owner_epoch = u.owner_epoch
      where c.challenge_hash = ${challengeHash} and u.disabled_at is null order by k.created_at, k.id`,
    ),
  }
}

/** What a repository reads after a lost reply. */
export type ReadbackStatements = ReturnType<typeof readbackStatements>

/** A session, or where a second factor is due a pending sign-in, that was opened, with its user. */
export type OpenedRow = UserRow & ((SessionRow & { pending_id: null }) | PendingRow)

/** The outcome of a sign-in: that of `signedIn` where a session was opened. */
export const toSignedIn = <Row extends SessionRow | PendingRow, Outcome>(
  row: Row,
  signedIn: (row: Exclude<Row, { session_id: null }>) => Outcome,
): Outcome | SecondFactorRequired =>
  row.session_id === null
    ? toSecondFactorRequired(row)
    : signedIn(row as Exclude<Row, { session_id: null }>)

/** A row that {@link openedColumnsOf} selects. */
export type ReadbackRow = OpenedRow & { proved_now: boolean }

type RegisteredRow = UserRow & (SessionRow | { session_id: null })
interface EmailChangedRow extends UserRow {
  former_email: string | null
  ended: number
  used: number
  mine: number
}
type Opened = Pick<NewSession, 'id' | 'secretHash'>

export type Readback = ReturnType<typeof createReadback>

/** Reads whether a write was committed whose reply was lost; null where it was not. */
export function createReadback(statements: ReadbackStatements) {
  const keyOf = (session: Opened) => ({ sessionId: session.id, secretHash: session.secretHash })
  const opened = (row: ReadbackRow) => row

  return {
    registered: (db: StatementRunner, user: UserId, key: EmailKey, session: Opened | null) =>
      maybeOne(
        db,
        statements.registered,
        { userId: user, newSessionId: session?.id ?? null, emailKey: key },
        (row: RegisteredRow) => row,
      ),
    opened: (db: StatementRunner, user: UserId, session: Opened) =>
      maybeOne(db, statements.opened, { ...keyOf(session), userId: user }, opened),
    /** The session alone, where none could be pending. */
    session: async (db: StatementRunner, user: UserId, session: Opened) => {
      const values = { ...keyOf(session), userId: user }
      const row = await maybeOne(db, statements.opened, values, opened)
      return row === null || row.session_id === null ? null : row
    },
    openedByEmail: (db: StatementRunner, key: EmailKey, session: Opened) =>
      maybeOne(db, statements.openedByEmail, { ...keyOf(session), emailKey: key }, opened),
    openedByImported: (db: StatementRunner, key: TokenHash, session: Opened) =>
      maybeOne(db, statements.openedByImported, { ...keyOf(session), importedKey: key }, opened),
    openedByIdentity: (db: StatementRunner, { provider, subject, session }: OAuthSignIn) =>
      maybeOne(
        db,
        statements.openedByIdentity,
        { ...keyOf(session), provider, subject },
        (row: ReadbackRow & { linked_now: boolean }) => row,
      ),
    openedByAnyUser: (db: StatementRunner, session: Opened) =>
      maybeOne(db, statements.openedByAnyUser, keyOf(session), opened),
    /** The user's email, when this is the password's hash. */
    hash: (db: StatementRunner, user: UserId, hash: PasswordHash) =>
      maybeOne(
        db,
        statements.hash,
        { userId: user, hash: hash.reveal() },
        (row: { email: string | null }) => row,
      ),
    /** Found when an operation of the acting session itself has ended the others. */
    carried: (db: StatementRunner, acting: SessionActor) =>
      maybeOne(
        db,
        statements.carried,
        actorValues(acting),
        (row: { has_password: boolean }) => row,
      ),
    /** Found when the email is the one that this token was mailed to, and the token was used for it. */
    emailChange: (db: StatementRunner, user: UserId, hash: TokenHash) =>
      maybeOne(
        db,
        statements.emailChange,
        { userId: user, linkId: linkIdOf(hash), secretHash: hash },
        (row: EmailChangedRow) => row,
      ),
    hasChallenge: (db: StatementRunner, challengeHash: TokenHash) =>
      exists(db, statements.challenge, { challengeHash }),
    /** The credentials that a stored challenge asks for. */
    challenged: (db: StatementRunner, challengeHash: TokenHash) =>
      many(db, statements.challenged, { challengeHash }, toCredential),
  }
}
