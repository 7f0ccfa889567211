import type { Session, SignedIn } from './answers.js'
import type { Client, Outcome } from './client.js'

/** Who is signed in here; `unauthenticated` when nobody is. */
export const current = (client: Client): Promise<Outcome<SignedIn>> => client.send('GET', 'session')

/** All live sessions of the person, last used first. */
export const list = (client: Client): Promise<Outcome<{ sessions: readonly Session[] }>> =>
  client.send('GET', 'sessions')

/** Ends one of them. */
export const revoke = (client: Client, id: string): Promise<Outcome<object>> =>
  client.send('DELETE', `sessions/${encodeURIComponent(id)}`)

/** Ends every one but this. */
export const revokeOthers = (client: Client): Promise<Outcome<{ revoked: number }>> =>
  client.send('POST', 'sessions/revoke-others')

/** Signs out here. */
export const signOut = (client: Client): Promise<Outcome<object>> => client.send('POST', 'sign-out')

/** Proves again who is asking, by the password. For ten minutes sensitive changes are possible. */
export const reauthenticate = (client: Client, password: string): Promise<Outcome<object>> =>
  client.send('POST', 'reauthenticate', { password })
