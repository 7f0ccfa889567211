import type { SignInMethods } from 'torii-auth'
import type { Passkey } from 'torii-core'
import { describeDevice } from '../../device.js'
import { actionForm, dialog, field, hidden, openButton, timeAgo } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { panel } from './account-frame.js'

/** The passkeys: added, renamed and deleted. */
export const passkeysPanel = (call: SignedInCall, { passkeys }: SignInMethods): Html =>
  panel({
    id: 'passkeys',
    title: 'Passkeys',
    lead: 'Sign in by the lock of your device or a security key: nothing to type, nothing to steal.',
    content: html`${
      passkeys.length > 0 &&
      html`<ul class="rows">${passkeys.map((passkey) => row(passkey, call.now))}</ul>`
    }
<div class="row-acts">${openButton('add-passkey', 'Add a passkey')}</div>
${addDialog(call)}
${passkeys.map(renameDialog)}
${passkeys.map(deleteDialog)}`,
  })

const row = ({ id, name, createdAt, lastUsedAt }: Passkey, now: Date): Html => html`<li class="row">
<div><p class="row-title">${name}</p>
<p class="muted">Added ${timeAgo(createdAt, now)}, ${
  lastUsedAt === null ? 'not used yet' : html`last used ${timeAgo(lastUsedAt, now)}`
}</p></div>
<div class="row-acts">${openButton(`rename-${id}`, 'Rename', `Rename ${name}`)}
${openButton(`delete-${id}`, 'Delete', `Delete ${name}`)}</div>
</li>`

const addDialog = ({ valid }: SignedInCall): Html =>
  dialog({
    id: 'add-passkey',
    title: 'Add a passkey',
    content: html`<p class="muted">Your browser asks for the lock of this device, or for a security key.</p>
${actionForm({
  action: 'add-passkey',
  button: 'Go on',
  content: field({
    id: 'passkey-name',
    name: 'name',
    label: 'What you call it',
    autocomplete: 'off',
    value: describeDevice(valid.session.userAgent).name,
  }),
})}`,
  })

const renameDialog = ({ id, name }: Passkey): Html =>
  dialog({
    id: `rename-${id}`,
    title: 'Rename the passkey',
    content: actionForm({
      action: 'rename-passkey',
      button: 'Save',
      content: html`${hidden('id', id)}${field({
        id: `name-${id}`,
        name: 'name',
        label: 'What you call it',
        autocomplete: 'off',
        value: name,
      })}`,
    }),
  })

const deleteDialog = ({ id, name }: Passkey): Html =>
  dialog({
    id: `delete-${id}`,
    title: 'Delete the passkey?',
    content: html`<p class="muted">“${name}” no longer signs you in. Delete it on the device as well.</p>
${actionForm({ action: 'delete-passkey', button: 'Delete it', look: 'danger', content: hidden('id', id) })}`,
  })
