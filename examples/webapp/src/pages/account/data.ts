import { actionButton, actionForm, dialog } from '../../form-parts.js'
import { html } from '../../html.js'
import { signedInPage } from '../../page.js'
import { accountView, panel } from './account-frame.js'
import { dataPath } from './account-paths.js'

/** Export and deletion of the user's data. */
export const dataPage = signedInPage(dataPath, async (call) => {
  const methods = await call.site.torii.users.signInMethods(call.valid)
  return accountView(
    call,
    methods,
    html`${panel({
      id: 'export',
      title: 'Export your data',
      lead: 'Download everything that we store about you as a JSON file. It contains no passwords or keys.',
      content: html`<div class="row-actions">${actionButton({ action: 'export-data', content: html``, button: 'Download' })}</div>`,
    })}
${panel({
  id: 'delete',
  title: 'Delete account',
  lead: 'This permanently deletes your profile, sign-in methods and sessions.',
  content: html`<div class="row-actions"><button type="button" class="button danger" data-open="delete-account" aria-haspopup="dialog">Delete account</button></div>
${deleteDialog}`,
})}`,
  )
})

const deleteDialog = dialog({
  id: 'delete-account',
  title: 'Delete your account?',
  content: html`<p class="muted">All your data is deleted immediately. You cannot undo this.</p>
${actionForm({ action: 'delete-account', button: 'Delete permanently', look: 'danger', content: html`` })}`,
})
