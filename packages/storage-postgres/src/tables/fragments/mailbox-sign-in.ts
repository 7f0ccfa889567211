import type { MailboxProof, MailboxSignIn, UserId } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, sql } from '../../sql/parameter.js'
import { statementTime as now } from '../../sql/time.js'
import { checkNewSession, checkObject } from '../input/input.js'
import { openedColumns, signInSessionValues } from './new-session.js'
import type { OpenedRow, ReadbackRow } from './readback.js'
import { toSignedIn } from './readback.js'
import { signInColumns } from './second-factor.js'
import { toSession } from './session-row.js'
import { toUser, userColumns } from './user-row.js'

/** True if the link was mailed for the locked user `u`. Its epoch is null if no account had the email address then. */
const ofThisEpoch = `(u.session_epoch = (select proved.epoch from proved)
          or (u.email_verified_at is null and (select proved.epoch is null from proved)))`

/** The id of the user to create where the email has none; null creates none. */
const newUserId = nullable('newUserId', 'uuid')<UserId>()

/**
 * CTEs that sign in the owner of the mailbox of a CTE `proved (email, email_key, epoch)`, ending in `u` and those of
 * `opening`, which opens the session.
 * Takes the values of {@link mailboxValues}.
 *
 * The no-op updates of the email ownership row and the user are how a statement meets a winner that its snapshot
 * cannot see; the lock on a known ownership row is how it meets a deletion, which the upsert would undo. The
 * first proof of an unverified email raises both epochs: unverified credentials no longer count,
 * also those that are being inserted at the moment. The epoch of the link is compared with the locked row of the user,
 * so a link from before a password change, or from before the account was verified, does not sign in.
 */
export const signInByMailbox = <const Opening extends SqlPart>(
  schema: string,
  opening: Opening,
) => sql`
      claim as (
        insert into ${schema}.user_emails as e (email_key, user_id)
        select proved.email_key, ${newUserId} from proved where ${newUserId} is not null
        on conflict (email_key) do update set user_id = e.user_id
        returning e.email_key, e.user_id
      ), known as (
        select e.email_key, e.user_id from ${schema}.user_emails e join proved on proved.email_key = e.email_key
        where ${newUserId} is null for no key update of e
      ), owner as (
        select claim.email_key, claim.user_id from claim
        union all
        select known.email_key, known.user_id from known
      ), unproved as (
        select u.id from ${schema}.users u join owner on owner.user_id = u.id
        where u.email_verified_at is null for no key update of u
      ), u as (
        insert into ${schema}.users as u
          (id, email, email_key, email_verified_at, created_at, updated_at)
        select owner.user_id, proved.email, owner.email_key, ${now}, ${now}, ${now}
        from owner join proved on proved.email_key = owner.email_key
        where (select pg_catalog.count(*) from unproved) >= 0
        on conflict (id) do update set
          email_verified_at = coalesce(u.email_verified_at, excluded.email_verified_at),
          session_epoch = u.session_epoch + (u.email_verified_at is null)::int,
          owner_epoch = u.owner_epoch + (u.email_verified_at is null)::int,
          updated_at = case when u.email_verified_at is null then excluded.updated_at else u.updated_at end
        where u.disabled_at is null and u.email_key = excluded.email_key and ${ofThisEpoch}
        returning ${userColumns}, ${signInColumns},
          u.id is not distinct from ${newUserId} as created, u.email_verified_at as proved_at
      ), ${opening}`

/** What {@link signInByMailbox} adds to the columns of `u` and `s`. */
export const mailboxColumns = (schema: string): string =>
  `u.*, ${openedColumns}, not u.created and ${tookOver(schema)} as took_over`

/**
 * Whether this proof of the CTE `u` was the first. A lock on the `unproved` user decides: a statement that had to
 * wait for it finds the user proved. A user who was created while this statement waited is in no snapshot of it;
 * there the time decides.
 */
export const tookOver = (schema: string): string => `(exists (select 1 from unproved)
        or (u.proved_at = ${now} and not exists (select 1 from ${schema}.users known where known.id = u.user_id)))`

export type MailboxRow = OpenedRow & { created: boolean; took_over: boolean }

/** The values of {@link signInByMailbox}. */
export function mailboxValues(proof: MailboxProof) {
  const { session, newUserId: id, usedBy: form = null } = checkObject(proof, 'proof')
  return {
    newUserId: id,
    usedBy: form,
    ...signInSessionValues(checkNewSession(session)),
  }
}

export const toMailboxSignIn = <Metadata extends object>(
  row: MailboxRow,
): MailboxSignIn<Metadata> =>
  toSignedIn(row, (opened) => ({
    ok: true,
    user: toUser<Metadata>(opened),
    session: toSession(opened),
    created: opened.created,
    tookOver: opened.took_over,
  }))

/** What {@link toMailboxSignIn} would have returned for a sign-in whose reply was lost; null when there was none. */
export function toCommittedSignIn<Metadata extends object>(
  row: ReadbackRow | null,
  proof: MailboxProof,
): MailboxSignIn<Metadata> | null {
  if (row === null) return null
  const created = row.user_id === proof.newUserId
  return toMailboxSignIn({ ...row, created, took_over: row.proved_now && !created })
}
