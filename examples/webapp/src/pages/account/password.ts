import type { SignInMethods } from 'torii-auth'
import { actionForm, dialog, field, openButton, passwordOwner } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { passwordHint } from '../register.js'
import { panel } from './account-frame.js'

/** Forms to set, change and remove the password. */
export const passwordPanel = (call: SignedInCall, methods: SignInMethods): Html =>
  panel({
    id: 'password',
    title: 'Password',
    lead: methods.password
      ? 'You can sign in with your email address and password.'
      : 'You sign in without a password. You can add one as another sign-in method.',
    content: methods.password
      ? html`<div class="row-actions">${openButton('change-password', 'Change', 'Change password')}
${openButton('remove-password', 'Remove', 'Remove password')}</div>
${changeDialog(call)}
${removeDialog}`
      : html`<div class="row-actions">${openButton('set-password', 'Set password')}</div>
${setDialog(call)}`,
  })

const newPasswordField = ({ site }: SignedInCall, id: string): Html =>
  field({
    id,
    name: 'newPassword',
    label: 'New password',
    type: 'password',
    autocomplete: 'new-password',
    hint: passwordHint(site.torii.options.password.minLength),
  })

const changeDialog = (call: SignedInCall): Html =>
  dialog({
    id: 'change-password',
    title: 'Change password',
    content: html`<p class="muted">This signs you out of your other sessions.</p>
${actionForm({
  action: 'change-password',
  button: 'Change password',
  content: html`${passwordOwner(call.valid.user.email)}${field({
    id: 'current-password',
    name: 'currentPassword',
    label: 'Current password',
    type: 'password',
    autocomplete: 'current-password',
  })}
${newPasswordField(call, 'new-password')}`,
})}`,
  })

const setDialog = (call: SignedInCall): Html =>
  dialog({
    id: 'set-password',
    title: 'Set password',
    content: actionForm({
      action: 'set-password',
      button: 'Save password',
      content: html`${passwordOwner(call.valid.user.email)}${newPasswordField(call, 'first-password')}`,
    }),
  })

const removeDialog = dialog({
  id: 'remove-password',
  title: 'Remove password?',
  content: html`<p class="muted">You can then only use your other sign-in methods.</p>
${actionForm({ action: 'remove-password', button: 'Remove', look: 'danger', content: html`` })}`,
})
