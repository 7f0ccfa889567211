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
import type { Passkey, SignedIn } from './answers.js'
import type { Client, Outcome, Refusal } from './client.js'

/** What the server asks the authenticator. */
interface Ceremony<Options> {
  readonly challengeId: string
  readonly options: Options
}

/** Adds a passkey of this device or security key. Needs a recent proof of identity. */
export async function register(
  client: Client,
  { name }: { name?: string } = {},
): Promise<Outcome<{ passkey: Passkey }>> {
  const asked = await ask<PublicKeyCredentialCreationOptionsJSON>(
    client,
    'passkeys/register/options',
  )
  if (!asked.ok) return asked
  const answered = await answer(() => startRegistration({ optionsJSON: asked.options }))
  if (!answered.ok) return answered
  const { challengeId } = asked
  const named = name === undefined ? {} : { name }
  return client.send('POST', 'passkeys/register/verify', {
    challengeId,
    response: answered.response,
    ...named,
  })
}

/** Signs in by a passkey: the one the person picks, or one of an address. */
export async function authenticate(
  client: Client,
  person: { email?: string } = {},
): Promise<Outcome<SignedIn>> {
  const answered = await assertion(client, person)
  return answered.ok ? client.send('POST', 'passkeys/authenticate/verify', answered.body) : answered
}

/**
 * Signs in by a passkey that the browser offers among its suggestions for an input with
 * `autocomplete="username webauthn"`. Waits until the person picks one; any other passkey act of the page ends
 * the wait with `cancelled`. `unsupported` at once where the browser has no such suggestions.
 */
export async function autofill(client: Client): Promise<Outcome<SignedIn>> {
  if (!(await browserSupportsWebAuthnAutofill())) return unsupported
  const answered = await assertion(client, {}, true)
  return answered.ok ? client.send('POST', 'passkeys/authenticate/verify', answered.body) : answered
}

/** Proves again who is asking, by one of the person's passkeys. */
export async function reauthenticate(client: Client): Promise<Outcome<object>> {
  const answered = await assertion(client, { purpose: 'reauthenticate' })
  return answered.ok ? client.send('POST', 'reauthenticate', answered.body) : answered
}

/** The person's passkeys. */
export const list = (client: Client): Promise<Outcome<{ passkeys: readonly Passkey[] }>> =>
  client.send('GET', 'passkeys')

export const rename = (
  client: Client,
  id: string,
  name: string,
): Promise<Outcome<{ passkey: Passkey }>> =>
  client.send('PATCH', `passkeys/${encodeURIComponent(id)}`, { name })

/** Deletes one, unless it is the last way in. Needs a recent proof of identity. */
export const remove = (client: Client, id: string): Promise<Outcome<object>> =>
  client.send('DELETE', `passkeys/${encodeURIComponent(id)}`)

async function assertion(
  client: Client,
  body: object,
  useBrowserAutofill = false,
): Promise<{ ok: true; body: object } | Refusal> {
  const path = 'passkeys/authenticate/options'
  const asked = await ask<PublicKeyCredentialRequestOptionsJSON>(client, path, body)
  if (!asked.ok) return asked
  const { options: optionsJSON } = asked
  const answered = await answer(() => startAuthentication({ optionsJSON, useBrowserAutofill }))
  if (!answered.ok) return answered
  return { ok: true, body: { challengeId: asked.challengeId, response: answered.response } }
}

async function ask<Options>(
  client: Client,
  path: string,
  body: object = {},
): Promise<Outcome<Ceremony<Options>>> {
  if (browserSupportsWebAuthn()) return client.send('POST', path, body)
  return unsupported
}

const unsupported: Refusal = Object.freeze({
  ok: false,
  error: 'unsupported',
  message: 'This browser has no passkeys.',
})

/** The person may break off, and the browser then says no more than that. */
async function answer<Response>(
  prompt: () => Promise<Response>,
): Promise<{ ok: true; response: Response } | Refusal> {
  try {
    return { ok: true, response: await prompt() }
  } catch (error) {
    const known = error instanceof Error && error.name === 'InvalidStateError'
    return known
      ? { ok: false, error: 'already_exists', message: 'This device has a passkey here already.' }
      : { ok: false, error: 'cancelled', message: 'The passkey was not used. Try again.' }
  }
}
