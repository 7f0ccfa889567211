import type { UserId } from 'torii-core'
import type { Database } from '../sql/database.js'
import { isForeignKeyViolation } from '../sql/error-code.js'
import { partOfTransaction, readBack } from '../sql/lost-reply.js'
import { parameter, sql } from '../sql/parameter.js'
import { exists, many } from '../sql/rows.js'
import { read, write } from '../sql/statement.js'
import { secondsAgo } from '../sql/time.js'
import { entryRowsLocked, lockEntryRows } from './fragments/account-lock.js'
import { userId } from './fragments/parameters.js'
import { liveSession } from './fragments/session-row.js'

const fromPage = parameter('fromPage', 'tid')<string>()
const toPage = parameter('toPage', 'tid')<string>()
const unverifiedSeconds = parameter('unverifiedSeconds', 'float8')<number>()

/** Holds of the row `u` of an account that was never verified, is old enough, and has no other use. */
const isUnverified = (schema: string) => sql`
        u.email_key is not null and u.email_verified_at is null and u.disabled_at is null
        and u.created_at <= ${secondsAgo(unverifiedSeconds)}
        and not exists (
          select 1 from ${schema}.oauth_accounts a where a.user_id = u.id and a.owner_epoch = u.owner_epoch)
        and not exists (
          select 1 from ${schema}.passkeys p where p.user_id = u.id and p.owner_epoch = u.owner_epoch)
        and not exists (select 1 from ${schema}.sessions s where s.user_id = u.id and ${liveSession})`

export const sweepAccountStatements = (schema: string) => ({
  unverifiedUsers: read(
    'sweep.unverifiedUsers',
    sql`
      select u.id from ${schema}.users u
      where u.ctid >= ${fromPage} and u.ctid < ${toPage} and ${isUnverified(schema)}`,
  ),
  // A separate statement, so that the deletion sees what was committed before the lock: sessions and passkeys refer to
  // the user, so none is added while it is locked.
  lockUnverifiedUser: write(
    'sweep.lockUnverifiedUser',
    sql`
      with ${lockEntryRows(schema, isUnverified(schema))}
      select u.id from ${schema}.users u where u.id = ${userId} and ${entryRowsLocked} for update of u`,
    { schema, onLostReply: readBack(partOfTransaction) },
  ),
  deleteUnverifiedUser: write(
    'sweep.deleteUnverifiedUser',
    sql`
      with gone as (
        delete from ${schema}.users u where u.id = ${userId} and ${isUnverified(schema)}
        returning u.email_key
      ), links as (
        delete from ${schema}.magic_links m using gone where m.email_key = gone.email_key
        returning 1 as one
      )
      select 1 as one from gone`,
    { schema, onLostReply: readBack('that the user is gone') },
  ),
  user: read(
    'sweep.user',
    sql`
      select 1 as one from ${schema}.users u where u.id = ${userId}`,
  ),
})

/** Pages that one statement reads. */
interface Pages {
  readonly fromPage: string
  readonly toPage: string
}

/** Deletes the accounts of a range of pages that were never verified, each in its own commit. Returns how many. */
export async function deleteUnverifiedUsers(
  db: Database,
  statements: ReturnType<typeof sweepAccountStatements>,
  pages: Pages,
  unverified: number,
): Promise<number> {
  const range = { ...pages, unverifiedSeconds: unverified }
  const ids = await many(db, statements.unverifiedUsers, range, (row: { id: UserId }) => row.id)
  let deleted = 0
  for (const id of ids) {
    const values = { userId: id, unverifiedSeconds: unverified }
    const remove = () =>
      db.runWithRecovery<boolean>(
        (call) =>
          call.atomic(async (transaction) => {
            await many(transaction, statements.lockUnverifiedUser, values, () => true)
            return exists(transaction, statements.deleteUnverifiedUser, values)
          }),
        async (call) => ((await exists(call, statements.user, { userId: id })) ? null : true),
      )
    // A row of the application refers to the user: the account is in use.
    const isGone = await remove().catch((error: unknown) => {
      if (isForeignKeyViolation(error)) return false
      throw error
    })
    deleted += Number(isGone)
  }
  return deleted
}
