import type {
  PasskeyRegistered,
  RecoveryCodes,
  SecondFactors,
  SignedIn,
  TotpConfirmed,
  TotpStart,
} from '../http/schema/response-bodies.js'
import type { Client, Outcome } from './client.js'
import { createPasskey, promptForPasskey } from './passkey-prompt.js'
import type { SignInOutcome } from './sign-in.js'
import { withStatus } from './sign-in.js'

/** The code of an authenticator application, or a recovery code. */
export type SecondFactorCode = { readonly code: string } | { readonly recoveryCode: string }

/** What is typed to complete a sign-in: a code, or the password where `factors` of the outcome has it. */
export type SecondFactorAnswer = SecondFactorCode | { readonly password: string }

/**
 * Completes a sign-in whose outcome was `second_factor_required`, which has the `pendingId`. After `invalid_code` another code
 * can be sent, `triesLeft` times; after `invalid_token` the user signs in again. With `trustBrowser` this browser signs the user in
 * without a code from then on, where the server has the option `secondFactor.trustedBrowsers`.
 */
export const verify = (
  client: Client,
  answer: SecondFactorAnswer & { readonly pendingId: string; readonly trustBrowser?: boolean },
): Promise<SignInOutcome> =>
  withStatus(client.send<SignedIn>('POST', 'second-factors/verify', answer))

/**
 * Completes such a sign-in with a passkey of the user: `factors` of the outcome says whether there is one. `cancelled` and
 * `invalid_code` leave the sign-in as it was, so that a code can follow. `trustBrowser` as of `verify`.
 */
export async function verifyByPasskey(
  client: Client,
  { pendingId, trustBrowser }: { readonly pendingId: string; readonly trustBrowser?: boolean },
): Promise<SignInOutcome> {
  const prompted = await promptForPasskey(client, 'second-factors/passkey/options', { pendingId })
  if (!prompted.ok) return { ...prompted, status: 'failed' }
  const answer = { pendingId, trustBrowser, ...prompted.body }
  return withStatus(client.send<SignedIn>('POST', 'second-factors/verify', answer))
}

/** Returns the second factors of the user, and the level of the session. */
export const get = (client: Client): Promise<Outcome<SecondFactors>> =>
  client.send('GET', 'second-factors')

/** The pending sign-in of a user who must enroll: `second_factor_required` came with `enroll`. */
export interface EnrollingSignIn {
  readonly pendingId: string
  /** The code that was mailed; absent in the first call. */
  readonly emailCode?: string
}

/**
 * Creates the secret of an authenticator application. Show `qr` or `uri` as a QR code, and `secret` for typing; `confirmTotp`
 * makes it a factor. Requires a recent authentication; or a pending sign-in on which the user enrolls, where the first call may
 * return `email_code_required`.
 */
export const startTotp = (client: Client, signIn?: EnrollingSignIn): Promise<Outcome<TotpStart>> =>
  client.send('POST', 'second-factors/totp/start', signIn)

/**
 * Turns the second factor on by its first code, and ends the other sessions. Show the recovery codes: this is the only time. With
 * a `pendingId` it completes that sign-in.
 */
export const confirmTotp = (
  client: Client,
  answer: string | { readonly code: string; readonly pendingId: string },
): Promise<Outcome<TotpConfirmed>> =>
  client.send(
    'POST',
    'second-factors/totp/confirm',
    typeof answer === 'string' ? { code: answer } : answer,
  )

/**
 * Registers a passkey of this device or of a security key to complete the sign-in of a user who must enroll: `enroll` of the
 * outcome has `passkey`. Like `startTotp` it may return `email_code_required` first. On success the user is signed in.
 */
export const registerPasskey = (
  client: Client,
  { name, ...signIn }: EnrollingSignIn & { readonly name?: string },
): Promise<Outcome<PasskeyRegistered>> =>
  createPasskey(client, 'passkeys/register/options', { signIn, name })

/** Turns the second factor off, and ends the other sessions. Requires a recent proof of two factors. */
export const removeTotp = (client: Client): Promise<Outcome<object>> =>
  client.send('DELETE', 'second-factors/totp')

/** Creates recovery codes in place of the former ones. Requires a recent proof of two factors. */
export const replaceRecoveryCodes = (client: Client): Promise<Outcome<RecoveryCodes>> =>
  client.send('POST', 'second-factors/recovery-codes')

/** Removes a browser of `get` in which the user signs in without a code. */
export const removeTrustedBrowser = (client: Client, id: string): Promise<Outcome<object>> =>
  client.send('DELETE', `second-factors/trusted-browsers/${encodeURIComponent(id)}`)

/** Removes every trusted browser of the user. */
export const removeTrustedBrowsers = (client: Client): Promise<Outcome<object>> =>
  client.send('DELETE', 'second-factors/trusted-browsers')

/** Proves the second factor in this session. Sensitive changes are possible for the next ten minutes. */
export const reauthenticate = (client: Client, code: SecondFactorCode): Promise<Outcome<object>> =>
  client.send('POST', 'reauthenticate', code)
