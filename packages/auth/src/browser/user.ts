import type { User } from './answers.js'
import type { Client, Outcome } from './client.js'

/** The person's own account. */
export const current = (client: Client): Promise<Outcome<{ user: User }>> =>
  client.send('GET', 'user')

/** Changes what is given; null takes it away. */
export const update = (
  client: Client,
  changes: { name?: string | null; picture?: string | null },
): Promise<Outcome<{ user: User }>> => client.send('PATCH', 'user', changes)

/** Deletes the account and everything of it. Needs a recent proof of identity. */
export const remove = (client: Client): Promise<Outcome<object>> => client.send('DELETE', 'user')

/** Everything that is held of the person. Needs a recent proof of identity. */
export const exportData = (client: Client): Promise<Outcome<Record<string, unknown>>> =>
  client.send('GET', 'user/export')
