import type { SignInMethods } from 'torii-auth'
import { actionForm, codeField, dialog, field, hidden, passwordOwner } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { providerLinks } from '../provider-links.js'

/**
 * The dialog for re-authentication, with what the user has: a code or a passkey where there is a second factor, else the
 * sign-in methods. After a code, a password or a passkey the operation continues. With a provider or a magic link the user
 * signs in again and repeats the operation.
 */
export function reauthenticationDialog(call: SignedInCall, methods: SignInMethods): Html {
  const twoFactors = call.valid.hasSecondFactor
  const inPlace = twoFactors || methods.password || methods.passkeys.length > 0
  return dialog({
    id: 'reauthenticate',
    title: 'Confirm your identity',
    content: html`<p class="muted">${
      inPlace
        ? `This action requires a recent ${twoFactors ? 'code' : 'sign-in'}.`
        : 'This action requires a recent sign-in. Sign in again, then repeat it.'
    }</p>
${twoFactors ? codeForms : methods.password && passwordForm(call)}
${methods.passkeys.length > 0 && passkeyForm}
${!inPlace && signInAgain(call, methods)}`,
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

const codeForms = html`${actionForm({
  action: 'reauthenticate-code',
  button: 'Confirm',
  content: codeField({ id: 'reauthenticate-code', label: 'Code from your authenticator app' }),
})}
<details class="otherwise">
<summary>No access to your authenticator app?</summary>
${actionForm({
  action: 'reauthenticate-recovery-code',
  button: 'Use recovery code',
  look: 'plain',
  content: field({
    id: 'reauthenticate-recovery-code',
    name: 'recoveryCode',
    label: 'Recovery code',
    autocomplete: 'off',
  }),
})}
</details>`

const passkeyForm = actionForm({
  action: 'reauthenticate-passkey',
  button: 'Use passkey',
  look: 'plain',
  content: html``,
})

function signInAgain(call: SignedInCall, methods: SignInMethods): Html {
  const linked = new Set(methods.oauthAccounts.map(({ provider }) => provider))
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
