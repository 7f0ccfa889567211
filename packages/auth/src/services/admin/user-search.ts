import type { RepositoryProvider, UserCursor, UserPage } from 'torii-core'
import { InvalidInputError, parseUserId } from 'torii-core'

/** Which users to list. */
export interface UserSearch {
  /** A whole user id, or the start of an email address in any case. Absent or blank: all users. */
  search?: string
  /** 1 to 200 (default: 50). */
  limit?: number
  /** The `next` of the previous page. */
  after?: string
}

const noUsers = Object.freeze({ users: [], next: null })

/** Lists a page of users that match a search. Any text is allowed; most match no email address. */
export async function searchUsers<Metadata extends object>(
  { users }: Pick<RepositoryProvider<Metadata>, 'users'>,
  search: UserSearch,
): Promise<UserPage<Metadata>> {
  if (typeof search !== 'object' || search === null)
    throw new InvalidInputError('search', 'must be { search?, limit?, after? }')
  const { search: text = '', limit, after } = search
  if (typeof text !== 'string') throw new InvalidInputError('search', 'must be a string')
  const typed = text.trim()
  const id = parseUserId(typed)
  if (id !== null) {
    const user = await users.find(id)
    return user === null ? noUsers : { users: [user], next: null }
  }
  if (!/^[!-~]{0,254}$/.test(typed)) return noUsers
  return users.list({
    ...(typed === '' ? {} : { emailPrefix: typed }),
    ...(limit === undefined ? {} : { limit }),
    // The storage refuses an invalid cursor.
    ...(after === undefined ? {} : { after: after as UserCursor }),
  })
}
