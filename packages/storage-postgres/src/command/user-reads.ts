import type { Repositories, User, UserCursor } from 'torii-core'
import { parseUserId } from 'torii-core'
import type { Command } from './command.js'
import { command } from './command.js'
import { UsageError } from './exit-codes.js'
import { requireUser } from './find-user.js'
import type { Flags } from './options.js'
import { textOf } from './options.js'
import { done } from './report.js'
import {
  describeMethods,
  describeUser,
  sessionLine,
  userLine,
  viewMethods,
  viewSession,
  viewUser,
} from './user-view.js'

/** The commands that only read accounts. */
export const userReads: readonly Command[] = [
  command(
    'users find',
    'list users by the start of an email address or of an id',
    async ({ words: [text = ''], flags, open }) => {
      const limit = readLimit(flags)
      const { users } = await open()
      const found = [
        ...(await findById(users, text, limit + 1)),
        ...(await findByEmail(users, text, limit + 1)),
      ]
      const page = found.slice(0, limit)
      const more = found.length > limit
      const lines = [
        ...page.map(userLine),
        ...(more ? [`there are more: raise --limit or give more of the text`] : []),
      ]
      const text1 = page.length === 0 ? 'no user was found' : lines.join('\n')
      return done({ users: page.map(viewUser), more }, text1)
    },
    { takes: ['TEXT'], options: ['limit'] },
  ),
  command(
    'users show',
    'print a user with sign-in methods and sessions; no hash, no token',
    async ({ words: [idOrEmail = ''], open }) => {
      const storage = await open()
      const user = await requireUser(storage, idOrEmail)
      const [password, passkeys, oauthAccounts, secondFactors, sessions] = await Promise.all([
        storage.passwords.exists(user.id),
        storage.passkeys.list(user.id),
        storage.oauthAccounts.list(user.id),
        storage.secondFactors.find(user.id),
        storage.sessions.list(user.id),
      ])
      const methods = { password, passkeys, oauthAccounts, secondFactors }
      return done(
        {
          user: viewUser(user),
          signInMethods: viewMethods(methods),
          sessions: sessions.map(viewSession),
        },
        [describeUser(user), describeMethods(methods), `sessions  ${sessions.length}`].join('\n'),
      )
    },
    { takes: ['ID|EMAIL'] },
  ),
]

/** In its own place of the usage text: after the commands that change an account. */
export const sessionReads: readonly Command[] = [
  command(
    'users sessions',
    'list the live sessions of a user',
    async ({ words: [idOrEmail = ''], open }) => {
      const storage = await open()
      const { id } = await requireUser(storage, idOrEmail)
      const sessions = await storage.sessions.list(id)
      const text = sessions.length === 0 ? 'no live session' : sessions.map(sessionLine).join('\n')
      return done({ sessions: sessions.map(viewSession) }, text)
    },
    { takes: ['ID|EMAIL'] },
  ),
]

function readLimit(flags: Flags): number {
  const text = textOf(flags, 'limit') ?? '50'
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > 200) throw new UsageError('--limit must be a number from 1 to 200')
  return limit
}

type Users = Pick<Repositories['users'], 'list'>

/** The storage lists at most 200; one more tells only that there are more. */
const pageOf = (limit: number) => Math.min(limit, 200)

async function findByEmail({ list }: Users, text: string, limit: number): Promise<User[]> {
  if (!/^[!-~]{1,254}$/.test(text)) return []
  const { users, next } = await list({ emailPrefix: text, limit: pageOf(limit) })
  if (next === null || users.length >= limit) return [...users]
  const rest = await list({ emailPrefix: text, after: next, limit: 1 })
  return [...users, ...rest.users]
}

/** The first group of a UUID, eight digits, or more of it. Newest first. */
const idPrefix = /^[0-9a-f]{8}(?:-[0-9a-f-]{0,27})?$/i

async function findById({ list }: Users, text: string, limit: number): Promise<User[]> {
  if (!idPrefix.test(text)) return []
  const prefix = text.toLowerCase()
  const last = parseUserId(prefix + 'ffffffff-ffff-ffff-ffff-ffffffffffff'.slice(prefix.length))
  if (last === null) return []
  // Ids are listed from the greatest one; the one below the cursor is the first that can have the prefix.
  const { users } = await list({ after: following(last) as UserCursor, limit: pageOf(limit) })
  return users.filter(({ id }) => id.startsWith(prefix))
}

/** The UUID after this one; the last one itself, which no version of UUID makes. */
function following(id: string): string {
  const digits = (BigInt(`0x${id.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0')
  if (digits.length > 32) return id
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
