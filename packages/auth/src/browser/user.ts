import type { ProfileBody } from '../http/schema/request-bodies.js'
import type { UserBody } from '../http/schema/response-bodies.js'
import type { Client, Outcome } from './client.js'

/** Returns the account of the user. */
export const current = (client: Client): Promise<Outcome<UserBody>> => client.send('GET', 'user')

/** Changes the given values; null removes a value. */
export const update = (client: Client, changes: ProfileBody): Promise<Outcome<UserBody>> =>
  client.send('PATCH', 'user', changes)

/** Deletes the account and everything that belongs to it. Requires a recent authentication. */
export const remove = (client: Client): Promise<Outcome<object>> => client.send('DELETE', 'user')

/** Exports everything that is stored about the user. Requires a recent authentication. */
export const exportData = (client: Client): Promise<Outcome<Record<string, unknown>>> =>
  client.send('GET', 'user/export')
