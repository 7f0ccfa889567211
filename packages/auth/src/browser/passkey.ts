import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import type { Challenge, PasskeyBody, Passkeys, SignedIn } from '../http/schema/response-bodies.js'
import type { Client, Failure, Outcome } from './client.js'
import type { SignInOutcome } from './sign-in.js'
import { withStatus } from './sign-in.js'

/** A challenge with the options of its ceremony. */
type CeremonyStart<Options> = Challenge & { readonly options: Options }

/** Registers a passkey of this device or of a security key. Requires a recent authentication. */
export async function register(
  client: Client,
  { name }: { name?: string } = {},
): Promise<Outcome<PasskeyBody>> {
  const challenge = await requestChallenge<PublicKeyCredentialCreationOptionsJSON>(
    client,
    'passkeys/register/options',
  )
  if (!challenge.ok) return challenge
  const prompted = await runPrompt(challenge.options.rp.id, () =>
    startRegistration({ optionsJSON: challenge.options }),
  )
  if (!prompted.ok) return prompted
  const { challengeId } = challenge
  const named = name === undefined ? {} : { name }
  return client.send('POST', 'passkeys/register/verify', {
    challengeId,
    response: prompted.response,
    ...named,
  })
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
  const prompted = await assertion(client, { purpose: 'reauthenticate' })
  return prompted.ok ? client.send('POST', 'reauthenticate', prompted.body) : prompted
}

/** Lists the passkeys of the user. */
export const list = (client: Client): Promise<Outcome<Passkeys>> => client.send('GET', 'passkeys')

/** Renames a passkey. */
export const rename = (client: Client, id: string, name: string): Promise<Outcome<PasskeyBody>> =>
  client.send('PATCH', `passkeys/${encodeURIComponent(id)}`, { name })

/** Deletes a passkey, unless it is the only sign-in method. Requires a recent authentication. */
export const remove = (client: Client, id: string): Promise<Outcome<object>> =>
  client.send('DELETE', `passkeys/${encodeURIComponent(id)}`)

async function signIn(
  client: Client,
  { remember, ...person }: { email?: string; remember?: boolean },
  useBrowserAutofill = false,
): Promise<Outcome<SignedIn>> {
  if (useBrowserAutofill && !(await browserSupportsWebAuthnAutofill())) return unsupported
  const prompted = await assertion(client, person, useBrowserAutofill)
  if (!prompted.ok) return prompted
  // JSON leaves out what is undefined.
  return client.send('POST', 'passkeys/authenticate/verify', { ...prompted.body, remember })
}

async function assertion(
  client: Client,
  body: object,
  useBrowserAutofill = false,
): Promise<{ ok: true; body: object } | Failure> {
  const path = 'passkeys/authenticate/options'
  const challenge = await requestChallenge<PublicKeyCredentialRequestOptionsJSON>(
    client,
    path,
    body,
  )
  if (!challenge.ok) return challenge
  const { options: optionsJSON } = challenge
  const prompted = await runPrompt(optionsJSON.rpId, () =>
    startAuthentication({ optionsJSON, useBrowserAutofill }),
  )
  if (!prompted.ok) return prompted
  return { ok: true, body: { challengeId: challenge.challengeId, response: prompted.response } }
}

async function requestChallenge<Options>(
  client: Client,
  path: string,
  body: object = {},
): Promise<Outcome<CeremonyStart<Options>>> {
  if (browserSupportsWebAuthn()) return client.send('POST', path, body)
  // Browsers hide passkeys from plain http, except on localhost.
  return globalThis.isSecureContext === false ? misconfigured('Serve it by https.') : unsupported
}

const unsupported: Failure = Object.freeze({
  ok: false,
  error: 'unsupported',
  message: 'This browser does not support passkeys.',
})

const misconfigured = (whatToDo: string): Failure => ({
  ok: false,
  error: 'misconfigured',
  message: `Passkeys do not work on ${location.origin}. ${whatToDo}`,
})

/**
 * Shows the browser's prompt. If the user cancels it, the browser gives no details; if the page's domain does not match the RP
 * ID, it is a SecurityError.
 */
async function runPrompt<Response>(
  rpId: string | undefined,
  prompt: () => Promise<Response>,
): Promise<{ ok: true; response: Response } | Failure> {
  try {
    return { ok: true, response: await prompt() }
  } catch (error) {
    switch (error instanceof Error && error.name) {
      case 'InvalidStateError':
        return { ok: false, error: 'already_exists', message: 'This device already has a passkey.' }
      case 'SecurityError':
        return misconfigured(
          `Open the page on ${rpId}, or change the options baseUrl and passkey.rpId of the server.`,
        )
      default:
        return { ok: false, error: 'cancelled', message: 'The passkey was not used. Try again.' }
    }
  }
}
