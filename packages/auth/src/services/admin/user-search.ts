import type { RepositoryProvider, UserCursor, UserPage } from 'torii-core'
import { InvalidInputError, parseUserId } from 'torii-core'

/** Which users to show. */
export interface UserSearch {
  /** The whole id of a user, or the beginning of an address in any case. Absent or blank: everybody. */
  search?: string
  /** 1 to 200 (default: 50). */
  limit?: number
  /** The `next` of the page before. */
  after?: string
}

const nobody = Object.freeze({ users: [], next: null })

/** A page of the users that are searched for. Any text may be typed: most are the beginning of no address. */
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
    return user === null ? nobody : { users: [user], next: null }
  }
  if (!/^[!-~]{0,254}$/.test(typed)) return nobody
  return users.list({
    ...(typed === '' ? {} : { emailPrefix: typed }),
    ...(limit === undefined ? {} : { limit }),
    // The storage itself refuses a text that is no cursor.
    ...(after === undefined ? {} : { after: after as UserCursor }),
  })
}
