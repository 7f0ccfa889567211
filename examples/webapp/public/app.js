// Brings the page to life. The page is whole without it: it shows everything, and this makes it act.
// Nothing here makes markup; text goes in as text.

import { actions } from './acts.js'
import { wireDialogs } from './dialogs.js'
import { wireForm } from './forms.js'
import { offerPasskeys } from './passkey-offer.js'
import { showKeptStatus } from './status.js'

/** A password in clear, for who wants to see what was typed. */
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

/** What Torii's pages said with an address is said once: a reload does not repeat it. */
function tidyAddress() {
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
tidyAddress()
// Going back shows the account as it is now, and to nobody who has signed out.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
showKeptStatus()
await offerPasskeys()
