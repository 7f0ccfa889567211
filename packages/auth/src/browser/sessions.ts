import type { Revoked, Sessions, SignedIn } from '../http/schema/response-bodies.js'
import type { Client, Outcome } from './client.js'

/** Returns the signed-in user and the current session; `unauthenticated` when not signed in. */
export const current = (client: Client): Promise<Outcome<SignedIn>> => client.send('GET', 'session')

/** Lists a page of the active sessions of the user, most recently used first: 50, from the `nextCursor` of the page before. */
export const list = (client: Client, cursor?: string | null): Promise<Outcome<Sessions>> =>
  client.send('GET', cursor == null ? 'sessions' : `sessions?${new URLSearchParams({ cursor })}`)

/** Revokes a session of the user. */
export const revoke = (client: Client, id: string): Promise<Outcome<object>> =>
  client.send('DELETE', `sessions/${encodeURIComponent(id)}`)

/** Revokes all sessions of the user except the current session. */
export const revokeOthers = (client: Client): Promise<Outcome<Revoked>> =>
  client.send('POST', 'sessions/revoke-others')

/** Signs out of the current session. */
export const signOut = (client: Client): Promise<Outcome<object>> => client.send('POST', 'sign-out')

/** Re-authenticates with the password. Sensitive changes are possible for the next ten minutes. */
export const reauthenticate = (client: Client, password: string): Promise<Outcome<object>> =>
  client.send('POST', 'reauthenticate', { password })
