import type { Repositories, User } from 'torii-core'
import { canonicalEmail, parseUserId } from 'torii-core'
import { Refusal } from './exit-codes.js'

/** Finds the user with this id or email address. @throws Refusal if there is none */
export async function requireUser(
  { users }: Pick<Repositories, 'users'>,
  idOrEmail: string,
): Promise<User> {
  const user = await findUser(users, idOrEmail)
  if (user === null)
    throw new Refusal('not_found', 'there is no user with this id or email address')
  return user
}

async function findUser(users: Repositories['users'], text: string): Promise<User | null> {
  const id = parseUserId(text)
  if (id !== null) return users.find(id)
  return canonicalEmail(text) === null ? null : users.findByEmail(text)
}
