// Connects the forms of the page with their actions. The page shows everything without it.
// No script creates markup; text is inserted as text.

import { actions } from './actions.js'
import { carryEmail } from './carry.js'
import { wireDialogs } from './dialogs.js'
import { wireForm } from './forms.js'
import { offerPasskeys, upgradeToPasskey } from './passkeys.js'
import { showKeptStatus } from './status.js'

/** Shows and hides a password. */
function wireReveal(button) {
  const input = document.getElementById(button.getAttribute('aria-controls'))
  const show = (visible) => {
    input.type = visible ? 'text' : 'password'
    button.textContent = visible ? 'Hide' : 'Show'
    button.setAttribute('aria-label', visible ? 'Hide password' : 'Show password')
  }
  button.addEventListener('click', () => show(input.type === 'password'))
  input.form?.addEventListener('reset', () => show(false))
}

/** Removes the message from the URL, so that a reload does not repeat it. */
function removeMessageFromUrl() {
  const url = new URL(location.href)
  if (!url.searchParams.has('notice') && !url.searchParams.has('error')) return
  url.searchParams.delete('notice')
  url.searchParams.delete('error')
  history.replaceState(null, '', url)
}

for (const form of document.querySelectorAll('form[data-action]'))
  wireForm(form, actions[form.dataset.action])
for (const button of document.querySelectorAll('.reveal')) wireReveal(button)
wireDialogs()
carryEmail()
removeMessageFromUrl()
// The back button shows the current state of the account, and nothing after a sign-out.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
showKeptStatus()
void upgradeToPasskey()
await offerPasskeys()
