import type { Passkey, SignInMethods } from 'torii-auth'
import { describeDevice } from '../../device.js'
import { actionForm, dialog, field, hidden, openButton, timeAgo } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { panel } from './account-frame.js'

/** The passkeys, and forms to add, rename and delete them. */
export const passkeysPanel = (call: SignedInCall, { passkeys }: SignInMethods): Html =>
  panel({
    id: 'passkeys',
    title: 'Passkeys',
    lead: 'Sign in with your fingerprint, face, screen lock or a security key.',
    content: html`${
      passkeys.length > 0 &&
      html`<ul class="rows">${passkeys.map((passkey) => row(passkey, call.now))}</ul>`
    }
<div class="row-actions">${openButton('add-passkey', 'Add passkey')}</div>
${addDialog(call)}
${passkeys.map(renameDialog)}
${passkeys.map(deleteDialog)}`,
  })

const row = ({ id, name, createdAt, lastUsedAt }: Passkey, now: Date): Html => html`<li class="row">
<div><p class="row-title">${name}</p>
<p class="muted">Added ${timeAgo(createdAt, now)}, ${
  lastUsedAt === null ? 'not used yet' : html`last used ${timeAgo(lastUsedAt, now)}`
}</p></div>
<div class="row-actions">${openButton(`rename-${id}`, 'Rename', `Rename ${name}`)}
${openButton(`delete-${id}`, 'Delete', `Delete ${name}`)}</div>
</li>`

const addDialog = ({ valid }: SignedInCall): Html =>
  dialog({
    id: 'add-passkey',
    title: 'Add passkey',
    content: html`<p class="muted">Your browser will ask for your screen lock or a security key.</p>
${actionForm({
  action: 'add-passkey',
  button: 'Continue',
  content: field({
    id: 'passkey-name',
    name: 'name',
    label: 'Name',
    autocomplete: 'off',
    value: describeDevice(valid.session.userAgent).name,
  }),
})}`,
  })

const renameDialog = ({ id, name }: Passkey): Html =>
  dialog({
    id: `rename-${id}`,
    title: 'Rename passkey',
    content: actionForm({
      action: 'rename-passkey',
      button: 'Save',
      content: html`${hidden('id', id)}${field({
        id: `name-${id}`,
        name: 'name',
        label: 'Name',
        autocomplete: 'off',
        value: name,
      })}`,
    }),
  })

const deleteDialog = ({ id, name }: Passkey): Html =>
  dialog({
    id: `delete-${id}`,
    title: 'Delete passkey?',
    content: html`<p class="muted">You can no longer sign in with “${name}”. Delete it on your device too.</p>
${actionForm({ action: 'delete-passkey', button: 'Delete', look: 'danger', content: hidden('id', id) })}`,
  })
