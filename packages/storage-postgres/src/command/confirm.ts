import type { User } from 'torii-core'
import type { Call } from './command.js'
import { Refusal, UsageError } from './exit-codes.js'

/**
 * Asks the person at the terminal to type the user's email address, or the id of a user without one. `--yes` answers
 * beforehand; a script, or `--json`, needs it.
 * @param what `delete this account`
 * @throws UsageError without a terminal to ask at
 * @throws Refusal for any other answer
 */
export async function confirm(
  { flags, terminal }: Pick<Call, 'flags' | 'terminal'>,
  user: Pick<User, 'id' | 'email'>,
  what: string,
): Promise<void> {
  if (flags.yes) return
  if (terminal.ask === null || flags.json)
    throw new UsageError(`to ${what} without being asked, add --yes`)
  const expected = user.email ?? user.id
  const typed = await terminal.ask(`To ${what}, type ${expected}: `)
  if (typed.trim() !== expected)
    throw new Refusal('not_confirmed', `this is not ${expected}: nothing was done`)
}
