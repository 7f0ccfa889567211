import { actionButton, actionForm, dialog, field, hidden, openButton } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { panel } from './account-frame.js'

/** The address of the account: whether it is confirmed, and how it is changed. */
export function emailPanel(call: SignedInCall): Html {
  const { mailer } = call.site.torii.options
  const { email } = call.valid.user
  return panel({
    id: 'email-address',
    title: 'E-mail address',
    lead:
      mailer === null
        ? 'This site sends no mail, so the address cannot be confirmed or changed.'
        : 'Where we reach you, and how you get back in.',
    content: html`${addressRow(call)}
${mailer !== null && changeDialog(call, email === null ? 'Add an address' : 'Change the address')}`,
  })
}

function addressRow({ site, valid: { user } }: SignedInCall): Html {
  const { email, emailVerifiedAt } = user
  const canMail = site.torii.options.mailer !== null
  return html`<div class="row">
<div><p class="row-title">${email ?? 'No address yet'} ${email !== null && badge(emailVerifiedAt !== null)}</p></div>
<div class="row-acts">
${
  canMail &&
  email !== null &&
  emailVerifiedAt === null &&
  actionButton({
    action: 'request-own-verification',
    content: hidden('email', email),
    button: 'Confirm it',
  })
}
${canMail && openButton('change-email', email === null ? 'Add' : 'Change', 'Change the e-mail address')}
</div>
</div>`
}

const badge = (confirmed: boolean): Html =>
  confirmed
    ? html`<span class="badge">Confirmed</span>`
    : html`<span class="badge quiet">Not confirmed</span>`

const changeDialog = ({ mailbox }: SignedInCall, title: string): Html =>
  dialog({
    id: 'change-email',
    title,
    close: 'Close',
    content: html`<div data-step="ask">
<p class="muted">We mail a link to the new address. Open it in this browser; your other sessions end then.</p>
${actionForm({
  action: 'change-email',
  button: 'Mail the link',
  content: field({
    id: 'new-email',
    name: 'email',
    label: 'New address',
    type: 'email',
    autocomplete: 'email',
  }),
})}</div>
<div data-step="sent" hidden>
<h3 tabindex="-1">Check your mail</h3>
<p>If it can be used, a mail is on its way to <strong data-fill="email"></strong>. Until its link is opened nothing changes.</p>
${mailbox && html`<p><a class="button primary" href="/mailbox">Open the development mailbox</a></p>`}
</div>`,
  })
