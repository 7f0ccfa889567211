import type { Accepted, SignedIn } from './answers.js'
import type { Client, Outcome } from './client.js'

/** Has a link mailed that signs in. The same answer for every address. */
export const request = (client: Client, email: string): Promise<Outcome<Accepted>> =>
  client.send('POST', 'magic-link/request', { email })

/** Signs in by the code that stands beside the link. */
export const authenticate = (
  client: Client,
  typed: { email: string; code: string },
): Promise<Outcome<SignedIn>> => client.send('POST', 'magic-link/authenticate', typed)
