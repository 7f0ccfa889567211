import type { Accepted } from './answers.js'
import type { Client, Outcome } from './client.js'

/** Has the link mailed again that verifies an address. The same answer for every address. */
export const requestVerification = (client: Client, email: string): Promise<Outcome<Accepted>> =>
  client.send('POST', 'email/verify/request', { email })

/** Has a link mailed to the new address, which then becomes the account's. Needs a recent proof of identity. */
export const requestChange = (client: Client, email: string): Promise<Outcome<Accepted>> =>
  client.send('POST', 'email/change/request', { email })
