import type { Accepted, SignedIn } from '../http/schema/response-bodies.js'
import type { Client, Outcome } from './client.js'
import type { SignInOutcome } from './sign-in.js'
import { withStatus } from './sign-in.js'

/** Mails a magic link. The result is the same for every email address. */
export const request = (client: Client, email: string): Promise<Outcome<Accepted>> =>
  client.send('POST', 'magic-link/request', { email })

/** Signs in with an email address and the code from the magic-link mail. */
export const authenticate = (
  client: Client,
  typed: { email: string; code: string; remember?: boolean },
): Promise<SignInOutcome> =>
  withStatus(client.send<SignedIn>('POST', 'magic-link/authenticate', typed))
