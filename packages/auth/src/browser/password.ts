import type {
  ChangePasswordBody,
  PasswordSignInBody,
  RegisterBody,
  ResetPasswordBody,
} from '../http/schema/request-bodies.js'
import type { Accepted, SignedIn } from '../http/schema/response-bodies.js'
import type { Client, Outcome } from './client.js'
import type { RegistrationOutcome, SignInOutcome } from './sign-in.js'
import { withStatus } from './sign-in.js'

/**
 * Creates an account. Where email addresses are verified, the result is `{ status: 'accepted' }` for every
 * email address, and a mail follows. Otherwise the user is signed in. `fields` are the application's own, for the schema of
 * the server's option `signUp.fields`; `Fields` is what that schema takes.
 */
export const register = <Fields extends object = object>(
  client: Client,
  person: RegisterBody & { readonly fields?: Fields | null },
): Promise<RegistrationOutcome> =>
  withStatus(client.send<SignedIn>('POST', 'password/register', person))

/** Signs in. */
export const authenticate = (client: Client, person: PasswordSignInBody): Promise<SignInOutcome> =>
  withStatus(client.send<SignedIn>('POST', 'password/authenticate', person))

/** Changes the password and ends the other sessions. */
export const change = (client: Client, passwords: ChangePasswordBody): Promise<Outcome<object>> =>
  client.send('POST', 'password/change', passwords)

/** Sets the first password of an account. Requires a recent authentication. */
export const set = (client: Client, newPassword: string): Promise<Outcome<object>> =>
  client.send('POST', 'password/set', { newPassword })

/** Removes the password, unless it is the only sign-in method. Requires a recent authentication. */
export const remove = (client: Client): Promise<Outcome<object>> =>
  client.send('DELETE', 'password')

/**
 * Sets a new password by the token of a reset link, and ends every session. With `removeOtherSignInMethods` it also removes
 * every passkey and linked account.
 */
export const completeReset = (client: Client, reset: ResetPasswordBody): Promise<Outcome<object>> =>
  client.send('POST', 'password/reset/complete', reset)

/** Mails a password reset link. The result is the same for every email address. */
export const requestReset = (client: Client, email: string): Promise<Outcome<Accepted>> =>
  client.send('POST', 'password/reset/request', { email })
