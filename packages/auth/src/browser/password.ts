import type { Accepted, SignedIn } from './answers.js'
import type { Client, Outcome } from './client.js'

/**
 * Makes an account. Where addresses are verified the answer is `{ status: 'accepted' }` for every address, and a
 * mail follows; elsewhere the person is signed in at once.
 */
export const register = (
  client: Client,
  person: { email: string; password: string; name?: string },
): Promise<Outcome<Accepted | SignedIn>> => client.send('POST', 'password/register', person)

/** Signs in. */
export const authenticate = (
  client: Client,
  person: { email: string; password: string },
): Promise<Outcome<SignedIn>> => client.send('POST', 'password/authenticate', person)

/** Changes the password; other sessions end. */
export const change = (
  client: Client,
  passwords: { currentPassword: string; newPassword: string },
): Promise<Outcome<object>> => client.send('POST', 'password/change', passwords)

/** Sets a first password. Needs a recent proof of identity. */
export const set = (client: Client, newPassword: string): Promise<Outcome<object>> =>
  client.send('POST', 'password/set', { newPassword })

/** Removes the password, unless it is the last way in. Needs a recent proof of identity. */
export const remove = (client: Client): Promise<Outcome<object>> =>
  client.send('DELETE', 'password')

/** Has a link mailed that sets a new password. The same answer for every address. */
export const requestReset = (client: Client, email: string): Promise<Outcome<Accepted>> =>
  client.send('POST', 'password/reset/request', { email })
