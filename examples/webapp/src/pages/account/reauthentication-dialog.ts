import type { WaysIn } from 'torii-auth'
import { actForm, dialog, field } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'

/**
 * Asks once more who is there, by any way in that the person has. By password or passkey what was asked for
 * goes on afterwards; at a provider or by mail the person signs in again, and asks for it again.
 */
export function reauthenticationDialog(call: SignedInCall, ways: WaysIn): Html {
  const inPlace = ways.password || ways.passkeys.length > 0
  return dialog({
    id: 'reauthenticate',
    title: 'Confirm that it is you',
    content: html`<p class="muted">${
      inPlace
        ? 'It has been a while. Then what you asked for goes on.'
        : 'It has been a while. Sign in again, then do it once more.'
    }</p>
${ways.password && passwordForm(call)}
${ways.passkeys.length > 0 && passkeyForm}
${!inPlace && signInAgain(call, ways)}`,
  })
}

const passwordForm = ({ valid: { user } }: SignedInCall): Html =>
  actForm({
    act: 'reauthenticate-password',
    button: 'Confirm',
    content: html`<input class="unseen" type="email" name="username" autocomplete="username" value="${
      user.email ?? ''
    }" aria-hidden="true" tabindex="-1" readonly>
${field({
  id: 'reauthenticate-password',
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'current-password',
})}`,
  })

const passkeyForm = actForm({
  act: 'reauthenticate-passkey',
  button: 'Use a passkey',
  look: 'plain',
  content: html``,
})

function signInAgain({ site: { torii }, path, valid }: SignedInCall, ways: WaysIn): Html {
  const linked = new Set(ways.oauthAccounts.map(({ provider }) => provider))
  const query = `?redirectTo=${encodeURIComponent(path)}`
  const { email } = valid.user
  return html`<div class="stack">
${torii.oauth
  .providers()
  .filter(({ name }) => linked.has(name))
  .map(
    ({ name, displayName }) =>
      html`<a class="button primary" href="/auth/oauth/${name}/start${query}">Continue with ${displayName}</a>`,
  )}
${
  torii.options.mailer !== null &&
  email !== null &&
  actForm({
    act: 'request-own-link',
    button: 'Mail me a link',
    look: 'plain',
    content: html`<input type="hidden" name="email" value="${email}">`,
  })
}
</div>`
}
