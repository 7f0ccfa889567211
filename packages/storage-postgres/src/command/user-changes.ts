import type { User } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { AuthServices } from './auth-services.js'
import { loadAuthServices } from './auth-services.js'
import type { Call, Command } from './command.js'
import { command } from './command.js'
import { confirm } from './confirm.js'
import { Refusal, UsageError } from './exit-codes.js'
import { requireUser } from './find-user.js'
import type { Flags } from './options.js'
import { textOf } from './options.js'
import { done } from './report.js'
import { userLine, viewUser } from './user-view.js'

/** Runs `work` with the administrator's services and the user whom the first word names. */
const onUser =
  (
    work: (services: AuthServices['admin'], user: User, call: Call) => ReturnType<Command['run']>,
  ): Command['run'] =>
  async (call) => {
    const storage = await call.open()
    const { admin } = await loadAuthServices(storage, call.terminal.env.TORII_KEYS)
    return work(admin, await requireUser(storage, call.words[0] ?? ''), call)
  }

const takes = ['ID|EMAIL'] as const

/** The commands that change accounts, by the services of torii-auth: with their events and their audit trail. */
export const userChanges: readonly Command[] = [
  command(
    'users create',
    'create an account without a password',
    async ({ words: [email = ''], flags, terminal, open }) => {
      const services = await loadAuthServices(await open(), terminal.env.TORII_KEYS)
      const name = textOf(flags, 'name')
      const created = await services.admin.create({
        email,
        emailVerified: flags.verified === true,
        ...(name === undefined ? {} : { name }),
      })
      if (!created.ok) throw new Refusal(created.reason, 'another account has this email address')
      const { user } = created
      return done(
        { user: viewUser(user) },
        `created ${user.id}\nThe account has no password: let the user request a reset link on your sign-in page.`,
      )
    },
    { takes: ['EMAIL'], options: ['name', 'verified'] },
  ),
  command(
    'users update',
    "change a user's name, picture or metadata",
    onUser(async (admin, user, { flags }) => {
      const changes = readChanges(flags)
      const updated = await admin.update(user.id, changes, user.updatedAt)
      if (!updated.ok)
        throw updated.reason === 'conflict'
          ? new Refusal(
              'conflict',
              'the account was changed at the same moment: look at it, and try again',
            )
          : gone()
      return done({ user: viewUser(updated.user) }, `updated ${userLine(updated.user)}`)
    }),
    { takes, options: ['name', 'picture', 'metadata'] },
  ),
  command(
    'users disable',
    'end every session of a user and refuse sign-ins',
    onUser(async (admin, { id }) => changed('disabled', await admin.disable(id))),
    { takes },
  ),
  command(
    'users enable',
    'allow sign-ins of a disabled user again',
    onUser(async (admin, { id }) => changed('enabled', await admin.enable(id))),
    { takes },
  ),
  command(
    'users unlock',
    "reset a user's rate limits",
    onUser(async (admin, { id }) => {
      const unlocked = await admin.unlock(id)
      return done({ id, unlocked }, unlocked ? `unlocked ${id}` : `${id} was not locked`)
    }),
    { takes },
  ),
  command(
    'users reset-factors',
    'remove the second factors of a user who has lost them, and end every session',
    onUser(async (admin, user, call) => {
      const passkeys = call.flags.passkeys === true
      const what = passkeys ? 'second factors and passkeys' : 'second factors'
      await confirm(call, user, `remove the ${what} of this account`)
      const reset = await admin.resetSecondFactors(user.id, { passkeys })
      return done(
        { id: user.id, reset },
        reset
          ? `removed the ${what} of ${user.id}`
          : `${user.id} has no ${passkeys ? 'second factor and no passkey' : 'second factor'}`,
      )
    }),
    { takes, options: ['passkeys', 'yes'] },
  ),
  command(
    'users delete',
    'delete an account and everything that belongs to it',
    onUser(async (admin, user, call) => {
      await confirm(call, user, 'delete this account')
      if (!(await admin.delete(user.id))) throw gone()
      return done({ id: user.id, deleted: true }, `deleted ${user.id}`)
    }),
    { takes, options: ['yes'] },
  ),
]

/** In its own place of the usage text: after the list of sessions. */
export const sessionChanges: readonly Command[] = [
  command(
    'users revoke',
    'end one session of a user, or all of them',
    onUser(async (admin, user, call) => {
      const [, session] = call.words
      if (session !== undefined) {
        // The services answer false for anything but a live session of this user.
        if (!(await admin.endSession(user.id, session)))
          throw new Refusal('not_found', 'this user has no live session with this id')
        return done({ id: user.id, revoked: 1 }, `revoked ${session}`)
      }
      await confirm(call, user, 'end every session of this account')
      const revoked = await admin.endSessions(user.id)
      return done({ id: user.id, revoked }, `revoked ${revoked} sessions`)
    }),
    { takes: ['ID|EMAIL', '[SESSION]'], options: ['yes'] },
  ),
]

const gone = () => new Refusal('not_found', 'the account was deleted meanwhile')

function changed(what: string, user: User | null) {
  if (user === null) throw gone()
  return done({ user: viewUser(user) }, `${what} ${userLine(user)}`)
}

/** Only what was given changes. An empty text removes a name or a picture. */
function readChanges(flags: Flags): object {
  const [name, picture] = [textOf(flags, 'name'), textOf(flags, 'picture')]
  const metadata = textOf(flags, 'metadata')
  const changes = {
    ...(name === undefined ? {} : { name: name === '' ? null : name }),
    ...(picture === undefined ? {} : { picture: picture === '' ? null : picture }),
    ...(metadata === undefined ? {} : { metadata: readJson(metadata) }),
  }
  if (Object.keys(changes).length === 0)
    throw new UsageError('users update needs --name, --picture or --metadata')
  return changes
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidInputError('metadata', 'must be a JSON object, like {"plan":"free"}')
  }
}
