import { browserSupportsWebAuthnAutofill } from '@simplewebauthn/browser'
import type {
  PasskeyBody,
  PasskeySignals,
  Passkeys,
  SignedIn,
} from '../http/schema/response-bodies.js'
import type { Client, Outcome } from './client.js'
import { createPasskey, promptForPasskey, unsupported } from './passkey-prompt.js'
import type { SignInOutcome } from './sign-in.js'
import { withStatus } from './sign-in.js'

/** Where the options of a sign-in and of a re-authentication come from. */
const signInOptions = 'passkeys/authenticate/options'

/** Registers a passkey of this device or of a security key. Requires a recent authentication. */
export const register = (
  client: Client,
  { name }: { name?: string } = {},
): Promise<Outcome<PasskeyBody>> => createPasskey(client, 'passkeys/register/options', { name })

/**
 * Lets the browser create a passkey in the background, without a prompt. Call it right after a sign-in by password, and do not
 * wait for it: `unsupported`, `cancelled` and `password_sign_in_required` are usual outcomes, which no user has to see. So is
 * `level_required` in a trusted browser of a user with a second factor: a page that knows of one need not ask.
 */
export async function upgrade(
  client: Client,
  { name }: { name?: string } = {},
): Promise<Outcome<PasskeyBody>> {
  const capabilities = await pageApi()
    .getClientCapabilities?.()
    .catch(() => null)
  if (!capabilities?.conditionalCreate) return unsupported
  const added = await createPasskey(client, 'passkeys/upgrade/options', { name }, true)
  // The authenticator may have a passkey now that the server refused.
  if (!added.ok && added.error !== 'cancelled') await signal(client)
  return added
}

/** Signs in with a passkey. Without an email address, the user picks one of the passkeys for this site. */
export const authenticate = (
  client: Client,
  person: { email?: string; remember?: boolean } = {},
): Promise<SignInOutcome> => withStatus(signIn(client, person))

/**
 * Signs in with a passkey that the browser suggests for an input with `autocomplete="username webauthn"`.
 * Waits until the user picks one. Any other passkey operation of the page ends the wait with `cancelled`. The
 * result is `unsupported` at once when the browser makes no such suggestions.
 */
export const autofill = (
  client: Client,
  options: { remember?: boolean } = {},
): Promise<SignInOutcome> => withStatus(signIn(client, options, true))

/** Re-authenticates with one of the user's passkeys. */
export async function reauthenticate(client: Client): Promise<Outcome<object>> {
  const prompted = await promptForPasskey(client, signInOptions, { purpose: 'reauthenticate' })
  return prompted.ok ? client.send('POST', 'reauthenticate', prompted.body) : prompted
}

/** Lists the passkeys of the user. */
export const list = (client: Client): Promise<Outcome<Passkeys>> => client.send('GET', 'passkeys')

/** Renames a passkey, and calls {@link signal}. */
export const rename = (client: Client, id: string, name: string): Promise<Outcome<PasskeyBody>> =>
  thenSignal(client, client.send('PATCH', pathOf(id), { name }))

/** Deletes a passkey, unless it is the only sign-in method, and calls {@link signal}. Requires a recent authentication. */
export const remove = (client: Client, id: string): Promise<Outcome<object>> =>
  thenSignal(client, client.send('DELETE', pathOf(id)))

const pathOf = (id: string) => `passkeys/${encodeURIComponent(id)}`

/**
 * Tells the authenticators of the user which passkeys this site accepts, so that they offer no deleted one, and the user's
 * present name and email address. Call it when either of those has changed. Does nothing, and sends nothing, in a browser that
 * cannot; fails silently, since it is only a courtesy.
 * @see WebAuthn Level 3, section 5.1.10
 */
export async function signal(client: Client): Promise<void> {
  const page = pageApi()
  if (!page.signalAllAcceptedCredentials) return
  const signals = await client.send<PasskeySignals>('GET', 'passkeys/signals')
  if (!signals.ok) return
  const { rpId, userIds, name, displayName, credentialIds: allAcceptedCredentialIds } = signals
  for (const userId of userIds) {
    await quietly(page.signalAllAcceptedCredentials({ rpId, userId, allAcceptedCredentialIds }))
    await quietly(page.signalCurrentUserDetails?.({ rpId, userId, name, displayName }))
  }
}

async function thenSignal<Value extends object>(
  client: Client,
  sent: Promise<Outcome<Value>>,
): Promise<Outcome<Value>> {
  const outcome = await sent
  if (outcome.ok) await signal(client)
  return outcome
}

/** The parts of `PublicKeyCredential` that not every browser has. */
interface PageApi {
  getClientCapabilities?(): Promise<Readonly<Record<string, boolean>>>
  signalUnknownCredential?(unknown: { rpId: string; credentialId: string }): Promise<void>
  signalAllAcceptedCredentials?(accepted: {
    rpId: string
    userId: string
    allAcceptedCredentialIds: readonly string[]
  }): Promise<void>
  signalCurrentUserDetails?(details: {
    rpId: string
    userId: string
    name: string
    displayName: string
  }): Promise<void>
}

const pageApi = (): PageApi =>
  (globalThis as { PublicKeyCredential?: PageApi }).PublicKeyCredential ?? {}

/** A signal that a browser or an extension refuses changes nothing. */
const quietly = (signaled: Promise<void> | undefined) => signaled?.catch(() => {})

async function signIn(
  client: Client,
  { remember, ...person }: { email?: string; remember?: boolean },
  useBrowserAutofill = false,
): Promise<Outcome<SignedIn>> {
  if (useBrowserAutofill && !(await browserSupportsWebAuthnAutofill())) return unsupported
  const prompted = await promptForPasskey(client, signInOptions, person, useBrowserAutofill)
  if (!prompted.ok) return prompted
  const { body, rpId = location.hostname } = prompted
  // JSON leaves out what is undefined.
  const outcome = await client.send<SignedIn>('POST', 'passkeys/authenticate/verify', {
    ...body,
    remember,
  })
  if (!outcome.ok && outcome.reason === 'unknown_credential')
    await quietly(pageApi().signalUnknownCredential?.({ rpId, credentialId: body.response.id }))
  return outcome
}
