import type { SignInMethods } from 'torii-auth'
import { actionForm, dialog, field, openButton, passwordOwner } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { passwordHint } from '../register.js'
import { panel } from './account-frame.js'

/** The password: set, changed or removed. */
export const passwordPanel = (call: SignedInCall, ways: SignInMethods): Html =>
  panel({
    id: 'password',
    title: 'Password',
    lead: ways.password
      ? 'You can sign in with your address and a password.'
      : 'You sign in without one. You may add one as another way in.',
    content: ways.password
      ? html`<div class="row-acts">${openButton('change-password', 'Change', 'Change the password')}
${openButton('remove-password', 'Remove', 'Remove the password')}</div>
${changeDialog(call)}
${removeDialog}`
      : html`<div class="row-acts">${openButton('set-password', 'Set a password')}</div>
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
    title: 'Change the password',
    content: html`<p class="muted">Your other sessions end.</p>
${actionForm({
  action: 'change-password',
  button: 'Change it',
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
    title: 'Set a password',
    content: actionForm({
      action: 'set-password',
      button: 'Set it',
      content: html`${passwordOwner(call.valid.user.email)}${newPasswordField(call, 'first-password')}`,
    }),
  })

const removeDialog = dialog({
  id: 'remove-password',
  title: 'Remove the password?',
  content: html`<p class="muted">You then sign in by your other ways only.</p>
${actionForm({ action: 'remove-password', button: 'Remove it', look: 'danger', content: html`` })}`,
})
