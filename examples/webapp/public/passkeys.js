// Passkeys that the browser offers by itself.

import { passkey } from 'torii-auth/browser'
import { actions, client } from './actions.js'
import { say } from './status.js'
import { explain } from './words.js'

/** Less than the five minutes for which a challenge is valid. */
const renewMs = 4 * 60_000

/** Offers passkeys among the suggestions for an email address, and signs the user in with the picked one. */
export async function offerPasskeys() {
  const input = document.querySelector('input[autocomplete$=webauthn]')
  if (input === null) return
  const renewal = setInterval(() => offer(input.form), renewMs)
  // The button starts another passkey prompt, and the browser runs one prompt at a time.
  const button = document.querySelector('[data-action=sign-in-passkey]')
  button?.addEventListener('submit', () => clearInterval(renewal))
  await offer(input.form)
}

/** Waits for the user without a time limit. Only a refused passkey shows a message. */
async function offer(form) {
  const { done, words } = actions['sign-in-passkey']
  const outcome = await passkey.autofill(client)
  if (outcome.ok) done(form)
  else if (outcome.error === 'invalid_credentials') say(explain(outcome, words), 'failed')
}

/**
 * After a sign-in by password: lets the password manager create a passkey, without a prompt. Most browsers cannot, and no
 * user has to know.
 */
export async function upgradeToPasskey() {
  if (sessionStorage.getItem('torii-upgrade') === null) return
  sessionStorage.removeItem('torii-upgrade')
  // In a trusted browser the session has proved one factor of two, with which no passkey is added.
  if (document.querySelector('[data-may-upgrade=true]') === null) return
  const outcome = await passkey.upgrade(client)
  if (outcome.ok) say('Your password manager has saved a passkey. Use it next time you sign in.')
}
