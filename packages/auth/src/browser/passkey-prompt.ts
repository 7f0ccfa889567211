import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import {
  browserSupportsWebAuthn,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import type { Challenge, PasskeyRegistered } from '../http/schema/response-bodies.js'
import type { Client, Failure, Outcome } from './client.js'

/** A challenge with the options of its ceremony. */
type CeremonyStart<Options> = Challenge & { readonly options: Options }

/** Requests the options of an authentication, shows the browser's prompt, and returns what to send with the response. */
export async function promptForPasskey(
  client: Client,
  path: string,
  body: object,
  useBrowserAutofill = false,
): Promise<{ ok: true; rpId: string | undefined; body: AssertionBody } | Failure> {
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
  const { response } = prompted
  return {
    ok: true,
    rpId: optionsJSON.rpId,
    body: { challengeId: challenge.challengeId, response },
  }
}

/** Requests the options of a registration, shows the browser's prompt, and registers the new passkey, for `signIn` if one is given. */
export async function createPasskey(
  client: Client,
  path: string,
  { signIn, name }: { signIn?: PendingFields; name?: string | undefined },
  useAutoRegister = false,
): Promise<Outcome<PasskeyRegistered>> {
  const challenge = await requestChallenge<PublicKeyCredentialCreationOptionsJSON>(
    client,
    path,
    signIn,
  )
  if (!challenge.ok) return challenge
  const prompted = await runPrompt(challenge.options.rp.id, () =>
    startRegistration({ optionsJSON: challenge.options, useAutoRegister }),
  )
  if (!prompted.ok) return prompted
  const { challengeId } = challenge
  const { response } = prompted
  // JSON leaves out what is undefined.
  const body = { challengeId, response, name, pendingId: signIn?.pendingId }
  return client.send('POST', 'passkeys/register/verify', body)
}

/** The pending sign-in that a passkey completes. */
interface PendingFields {
  readonly pendingId: string
  readonly emailCode?: string
}

/** The response to a challenge. */
interface AssertionBody {
  readonly challengeId: string
  readonly response: AuthenticationResponseJSON
}

/** Requests a challenge, in a browser that has passkeys. */
async function requestChallenge<Options>(
  client: Client,
  path: string,
  body: object = {},
): Promise<Outcome<CeremonyStart<Options>>> {
  if (browserSupportsWebAuthn()) return client.send('POST', path, body)
  // Browsers hide passkeys from plain http, except on localhost.
  return globalThis.isSecureContext === false ? misconfigured('Serve it by https.') : unsupported
}

export const unsupported: Failure = Object.freeze({
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
