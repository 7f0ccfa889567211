// Where the browser can, passkeys stand among its suggestions for the address.

import { passkey } from 'torii-auth/browser'
import { actions, client } from './acts.js'
import { say } from './status.js'
import { explain } from './words.js'

/** Less than the five minutes that a challenge lives. */
const renewMs = 4 * 60_000

/** Offers passkeys on a page with a fitting input, and signs in whoever picks one. */
export async function offerPasskeys() {
  const input = document.querySelector('input[autocomplete$=webauthn]')
  if (input === null) return
  const renewal = setInterval(() => offer(input.form), renewMs)
  // The button uses a passkey itself, and the browser does one thing at a time.
  const button = document.querySelector('[data-action=sign-in-passkey]')
  button?.addEventListener('submit', () => clearInterval(renewal))
  await offer(input.form)
}

/** Waits for the person, without end. Only a passkey that was picked in vain is worth a word. */
async function offer(form) {
  const { done, words } = actions['sign-in-passkey']
  const outcome = await passkey.autofill(client)
  if (outcome.ok) done(form)
  else if (outcome.error === 'invalid_credentials') say(explain(outcome, words), 'failed')
}
