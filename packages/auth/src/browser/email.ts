import type { Accepted } from '../http/schema/response-bodies.js'
import type { Client, Outcome } from './client.js'

/** Mails another verification link. The result is the same for every email address. */
export const requestVerification = (client: Client, email: string): Promise<Outcome<Accepted>> =>
  client.send('POST', 'email/verify/request', { email })

/** Mails a confirmation link to the new email address. Requires a recent authentication. */
export const requestChange = (client: Client, email: string): Promise<Outcome<Accepted>> =>
  client.send('POST', 'email/change/request', { email })
