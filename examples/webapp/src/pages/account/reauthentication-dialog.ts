import type { SignInMethods } from 'torii-auth'
import { actionForm, dialog, field, hidden, passwordOwner } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { providerLinks } from '../provider-links.js'

/**
 * Asks once more who is there, by any way in that the person has. By password or passkey what was asked for
 * goes on afterwards; at a provider or by mail the person signs in again, and asks for it again.
 */
export function reauthenticationDialog(call: SignedInCall, ways: SignInMethods): Html {
  const inPlace = ways.password || ways.passkeys.length > 0
  return dialog({
    id: 'reauthenticate',
    title: 'Confirm your identity',
    content: html`<p class="muted">${
      inPlace
        ? 'Confirm your identity to continue.'
        : 'Sign in again to continue, then repeat this step.'
    }</p>
${ways.password && passwordForm(call)}
${ways.passkeys.length > 0 && passkeyForm}
${!inPlace && signInAgain(call, ways)}`,
  })
}

const passwordForm = ({ valid: { user } }: SignedInCall): Html =>
  actionForm({
    action: 'reauthenticate-password',
    button: 'Confirm',
    content: html`${passwordOwner(user.email)}
${field({
  id: 'reauthenticate-password',
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'current-password',
})}`,
  })

const passkeyForm = actionForm({
  action: 'reauthenticate-passkey',
  button: 'Use passkey',
  look: 'plain',
  content: html``,
})

function signInAgain(call: SignedInCall, ways: SignInMethods): Html {
  const linked = new Set(ways.oauthAccounts.map(({ provider }) => provider))
  const { email } = call.valid.user
  return html`<div class="stack">
${providerLinks(call, { to: call.path, look: 'primary', only: linked })}
${
  call.site.torii.options.mailer !== null &&
  email !== null &&
  actionForm({
    action: 'request-own-link',
    button: 'Email me a link',
    look: 'plain',
    content: hidden('email', email),
  })
}
</div>`
}
