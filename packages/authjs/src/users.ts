import type { Adapter, AdapterUser } from '@auth/core/adapters'
import type { ProfileChanges, RepositoryProvider, User } from 'torii-core'
import { canonicalEmail, checkName, checkPicture, newUserId, parseUserId } from 'torii-core'
import { AdapterRefusal } from './adapter-refusal.js'

type UserMethods = Required<
  Pick<Adapter, 'createUser' | 'getUser' | 'getUserByEmail' | 'updateUser' | 'deleteUser'>
>

/** A user as Auth.js knows one. */
export const toAdapterUser = (user: User): AdapterUser => ({
  id: user.id,
  // Auth.js types it as a text, and all its code expects null: providers without an email address exist.
  email: user.email as string,
  emailVerified: user.emailVerifiedAt,
  name: user.name,
  image: user.picture,
})

export function createUserMethods(storage: RepositoryProvider): UserMethods {
  return {
    // Auth.js has looked for the address before. Of those who come here at once, one succeeds; no account is joined.
    async createUser({ email, emailVerified, name, image }) {
      if (email === null || email === undefined || email === '')
        throw new AdapterRefusal(
          'email_missing',
          'the provider gave no email address: ask it for the scope that gives one, or return one from its `profile` callback',
        )
      const registration = await storage.users.register({
        id: newUserId(),
        email,
        emailVerified: Boolean(emailVerified),
        name: usable(checkName, name),
        picture: usable(checkPicture, image),
      })
      if (registration.ok) return toAdapterUser(registration.user)
      throw new AdapterRefusal('email_taken', 'another account has this email address')
    },
    async getUser(id) {
      const userId = parseUserId(id)
      const user = userId === null ? null : await storage.users.find(userId)
      return user === null ? null : toAdapterUser(user)
    },
    async getUserByEmail(email) {
      if (canonicalEmail(email) === null) return null
      const user = await storage.users.findByEmail(email)
      return user === null ? null : toAdapterUser(user)
    },
    async updateUser({ id, email, emailVerified, name, image }) {
      const userId = parseUserId(id)
      if (userId === null) throw noSuchUser()
      const changes: ProfileChanges = {
        ...(name === undefined ? {} : { name: checkName(name) }),
        ...(image === undefined ? {} : { picture: checkPicture(image) }),
      }
      const isChange = Object.keys(changes).length > 0
      if (isChange && email !== undefined) refuseOtherEmail(await storage.users.find(userId), email)
      const changed = isChange
        ? await storage.users.updateProfile(userId, changes)
        : await storage.users.find(userId)
      if (changed === null) throw noSuchUser()
      if (email !== undefined) refuseOtherEmail(changed, email)
      if (!emailVerified || changed.email === null || changed.emailVerified)
        return toAdapterUser(changed)
      const verified = await storage.users.verifyEmail(userId, changed.email)
      if (verified === null) throw noSuchUser()
      return toAdapterUser(verified)
    },
    async deleteUser(id) {
      const userId = parseUserId(id)
      if (userId !== null) await storage.users.delete(userId)
    },
  }
}

/** What a provider says of a person is not the person's mistake: an unusable name or picture is left out. */
function usable(check: (value: unknown) => string | null, value: unknown): string | null {
  if (value === undefined || value === '') return null
  try {
    return check(value)
  } catch {
    return null
  }
}

function refuseOtherEmail(user: User | null, email: string | null): void {
  if (user === null || user.email === email) return
  const key = canonicalEmail(email)
  if (key !== null && key === canonicalEmail(user.email)) return
  throw new AdapterRefusal(
    'not_supported',
    'updateUser cannot change an email address, which must be proved first: use the email change of torii-auth',
  )
}

const noSuchUser = (): AdapterRefusal => new AdapterRefusal('not_found', 'there is no such user')
