import type { UserCursor, UserPage, UserQuery, UserRepository } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { many } from '../../sql/rows.js'
import { read } from '../../sql/statement.js'
import type { UserRow } from '../fragments/user-row.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import { checkUserQuery } from '../input/input.js'

const limit = parameter('limit', 'int')<number>()
/** A user's id; null begins with the newest user. */
const before = nullable('before', 'uuid')<string>()
const prefix = parameter('prefix', 'text')<string>()
const prefixEnd = parameter('prefixEnd', 'text')<string>()
/** A canonical email; null begins with the first. */
const after = nullable('after', 'text')<string>()

export const userListStatements = (schema: string) => ({
  list: read(
    'users.list',
    sql`
      select ${userColumns} from ${schema}.users u
      where u.id < coalesce(${before}, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
      order by u.id desc limit ${limit}`,
  ),
  // Canonical addresses are compared as bytes, so a prefix is a range of the key.
  listByEmail: read(
    'users.listByEmail',
    sql`
      select ${userColumns}, e.email_key
      from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id
      where e.email_key >= ${prefix} and e.email_key < ${prefixEnd}
        and e.email_key > coalesce(${after}, '')
      order by e.email_key limit ${limit}`,
  ),
})

/** Lists users for administrators. */
export const createUserList = <Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof userListStatements>,
): Pick<UserRepository<Metadata>, 'list'> => ({
  async list(query: UserQuery = {}): Promise<UserPage<Metadata>> {
    const checked = checkUserQuery(query)
    const { emailPrefix, after: cursor } = checked
    // One row more than the page holds shows whether there is a next page.
    const wanted = checked.limit + 1
    const toRow = (row: ListedRow) => row
    const rows = await (emailPrefix === null
      ? many(db, statements.list, { before: cursor, limit: wanted }, toRow)
      : many(
          db,
          statements.listByEmail,
          { prefix: emailPrefix, prefixEnd: endOf(emailPrefix), after: cursor, limit: wanted },
          toRow,
        ))
    const page = rows.slice(0, checked.limit)
    const last = rows.length > checked.limit ? page.at(-1) : undefined
    return {
      users: page.map(toUser<Metadata>),
      next: last === undefined ? null : ((last.email_key ?? last.user_id) as UserCursor),
    }
  },
})

/** Canonical emails are printable ASCII, so DEL sorts after everything that can follow the prefix. */
const endOf = (emailPrefix: string): string => `${emailPrefix}\x7f`

type ListedRow = UserRow & { email_key?: string }
