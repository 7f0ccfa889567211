import { actionButton, actionForm, dialog, field, hidden, openButton } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { panel } from './account-frame.js'

/** The email address of the account: whether it is verified, and how to change it. */
export function emailPanel(call: SignedInCall): Html {
  const { mailer } = call.site.torii.options
  const { email } = call.valid.user
  return panel({
    id: 'email-address',
    title: 'Email address',
    lead:
      mailer === null
        ? 'This site sends no email, so you cannot verify or change your email address.'
        : 'We use it to contact you and to recover your account.',
    content: html`${addressRow(call)}
${mailer !== null && changeDialog(call, email === null ? 'Add email address' : 'Change email address')}`,
  })
}

function addressRow({ site, valid: { user } }: SignedInCall): Html {
  const { email, emailVerifiedAt } = user
  const canMail = site.torii.options.mailer !== null
  return html`<div class="row">
<div><p class="row-title">${email ?? 'No email address'} ${email !== null && badge(emailVerifiedAt !== null)}</p></div>
<div class="row-actions">
${
  canMail &&
  email !== null &&
  emailVerifiedAt === null &&
  actionButton({
    action: 'request-own-verification',
    content: hidden('email', email),
    button: 'Verify',
  })
}
${canMail && openButton('change-email', email === null ? 'Add' : 'Change', 'Change email address')}
</div>
</div>`
}

const badge = (verified: boolean): Html =>
  verified
    ? html`<span class="badge">Verified</span>`
    : html`<span class="badge quiet">Not verified</span>`

const changeDialog = ({ mailbox }: SignedInCall, title: string): Html =>
  dialog({
    id: 'change-email',
    title,
    close: 'Close',
    content: html`<div data-step="ask">
<p class="muted">We send a link to the new email address. Open it in this browser. Your other sessions will end.</p>
${actionForm({
  action: 'change-email',
  button: 'Send link',
  content: field({
    id: 'new-email',
    name: 'email',
    label: 'New email address',
    type: 'email',
    autocomplete: 'email',
  }),
})}</div>
<div data-step="sent" hidden>
<h3 tabindex="-1">Check your email</h3>
<p>If <strong data-fill="email"></strong> is available, we have sent a link to it. Nothing changes until you open the link.</p>
${mailbox && html`<p><a class="button primary" href="/mailbox">Open development mailbox</a></p>`}
</div>`,
  })
