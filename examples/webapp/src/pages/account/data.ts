import { actionButton, actionForm, dialog } from '../../form-parts.js'
import { html } from '../../html.js'
import { signedInPage } from '../../page.js'
import { accountView, panel } from './account-frame.js'
import { dataPath } from './account-paths.js'

/** What is kept of the person: taken along, or deleted. */
export const dataPage = signedInPage(dataPath, async (call) => {
  const ways = await call.site.torii.users.signInMethods(call.valid)
  return accountView(
    call,
    ways,
    html`${panel({
      id: 'export',
      title: 'Take your data along',
      lead: 'Everything that is kept of you, as one file of JSON. Passwords and keys are not in it: only their hashes are kept.',
      content: html`<div class="row-acts">${actionButton({ action: 'export-data', content: html``, button: 'Download' })}</div>`,
    })}
${panel({
  id: 'delete',
  title: 'Delete the account',
  lead: 'At once and for ever: profile, ways in and sessions. Nobody can bring them back.',
  content: html`<div class="row-acts"><button type="button" class="button danger" data-open="delete-account" aria-haspopup="dialog">Delete the account</button></div>
${deleteDialog}`,
})}`,
  )
})

const deleteDialog = dialog({
  id: 'delete-account',
  title: 'Delete the account?',
  content: html`<p class="muted">Everything of it is gone at once. This cannot be undone.</p>
${actionForm({ action: 'delete-account', button: 'Delete it for ever', look: 'danger', content: html`` })}`,
})
