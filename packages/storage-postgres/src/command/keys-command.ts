import { quoteSchema } from '../base/schema-name.js'
import { loadAuthServices } from './auth-services.js'
import type { Command } from './command.js'
import { command } from './command.js'
import type { CommandStorage } from './command-storage.js'
import { exitCodes, UsageError } from './exit-codes.js'

/** The command that follows a change of `TORII_KEYS`. */
export const keysCommand: Command = command(
  'keys rotate',
  're-encrypt provider tokens and authenticator secrets under the first key of TORII_KEYS',
  async ({ terminal, target, progress, open }) => {
    const keys = terminal.env.TORII_KEYS
    if (keys === undefined || keys === '')
      throw new UsageError('keys rotate reads the keys from TORII_KEYS: set it to id:secret,...')
    const storage = await open()
    const services = await loadAuthServices(storage, keys)
    const currentKey = services.currentKeyId
    const counts = await services.reencryptTokens({
      onProgress: ({ reencrypted }) =>
        progress.show(`re-encrypted ${reencrypted} provider tokens`, null),
    })
    const secrets = await services.reencryptSecrets()
    const passwords = await passwordsUnderOtherKeys(storage, target.schema, currentKey ?? '')
    const left = counts.unreadable + counts.busy + secrets.unreadable
    const finished = left === 0 && passwords === 0
    return {
      json: { currentKey, ...counts, secrets, left, passwords },
      text: [
        `re-encrypted ${counts.reencrypted} provider tokens under ${currentKey}`,
        `re-encrypted ${secrets.reencrypted} authenticator secrets under ${currentKey}`,
        ...advice({ ...counts, secrets: secrets.unreadable, passwords }),
      ].join('\n'),
      exitCode: finished ? exitCodes.done : exitCodes.pendingOrDrifted,
    }
  },
)

interface Left {
  readonly unreadable: number
  readonly busy: number
  /** Secrets of authenticator applications under a key that is not there. */
  readonly secrets: number
  readonly passwords: number
}

/** What is left under other keys, and what it means for them. */
function advice({ unreadable, busy, secrets, passwords }: Left): string[] {
  const lines = [
    ...(busy === 0 ? [] : [`${busy} are being refreshed: run keys rotate again`]),
    ...(unreadable === 0
      ? []
      : [
          `${unreadable} are under a key that TORII_KEYS does not have: add it, or let these users sign in at the provider again`,
        ]),
    ...(secrets === 0
      ? []
      : [
          `${secrets} authenticator secrets are under a key that TORII_KEYS does not have: add it, or reset the second factor of these users`,
        ]),
    ...(passwords === 0
      ? []
      : [`${passwords} passwords are peppered with another key: each changes at its next sign-in`]),
  ]
  return lines.length > 0
    ? [...lines, 'Keep the old keys.']
    : [
        'Nothing stored needs the old keys. Remove them an hour after every process has this first key: with the default lifetimes, codes and OAuth flows that began before are over by then. Browsers that were known by an old key count as new, and recovery codes that were imported under one end.',
      ]
}

/** Counts password hashes whose pepper is another key. They can only be replaced with the password at hand. */
async function passwordsUnderOtherKeys(
  storage: CommandStorage,
  schema: string,
  currentKey: string,
): Promise<number> {
  const named = Buffer.from(currentKey).toString('base64').replace(/=+$/, '')
  return storage.transaction(async ({ query }) => {
    const { rows } = await query(
      `select pg_catalog.count(*)::int as n from ${quoteSchema(schema)}.passwords p
       where p.hash like '%,keyid=%' and p.hash not like '%,keyid=' || $1::text || '$%'`,
      [named],
    )
    return Number(rows[0]?.n)
  })
}
