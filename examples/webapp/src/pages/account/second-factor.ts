import type { SecondFactors, SignInMethods } from 'torii-auth'
import {
  actionButton,
  actionForm,
  codeField,
  dialog,
  openButton,
  timeAgo,
} from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { panel } from './account-frame.js'

/** Fewer than this many recovery codes are pointed out. */
const fewRecoveryCodes = 4

/** The authenticator app and the recovery codes, and forms to turn them on and off. */
export const secondFactorPanel = ({ now }: SignedInCall, { secondFactors }: SignInMethods): Html =>
  panel({
    id: 'second-factor',
    title: 'Two-factor authentication',
    lead:
      secondFactors.totp === null
        ? 'Protect your account with a second step: after signing in, you also enter a code from an app on your phone.'
        : 'After signing in, you also enter a code from your authenticator app. A passkey needs no code.',
    content: html`${secondFactors.totp === null ? start('Turn on', 'Turn on two-factor authentication') : turnedOn(secondFactors, now)}
${enrollDialog}
${recoveryCodesDialog}`,
  })

/** The first step of the setup, and of a new app in place of the former one. */
const start = (button: string, label: string): Html =>
  html`<div class="row-actions">${actionButton({
    action: 'start-totp',
    content: html``,
    button,
    label,
  })}</div>`

function turnedOn({ totp, recoveryCodes: { remaining } }: SecondFactors, now: Date): Html {
  return html`<ul class="rows">
<li class="row"><div><p class="row-title">Authenticator app <span class="badge">On</span></p>
<p class="muted">${totp && html`Added ${timeAgo(totp.createdAt, now)}`}${
    totp?.lastUsedAt && html`, last used ${timeAgo(totp.lastUsedAt, now)}`
  }</p></div>
${start('Replace', 'Replace authenticator app')}</li>
<li class="row"><div><p class="row-title">Recovery codes ${
    remaining < fewRecoveryCodes && html`<span class="badge quiet">Create new ones</span>`
  }</p>
<p class="muted">${remaining} of 10 left. Each signs you in once without the app.</p></div>
<div class="row-actions">${openButton('replace-recovery-codes', 'New codes', 'New codes for recovery')}</div></li>
</ul>
<div class="row-actions">${openButton('remove-totp', 'Turn off', 'Turn off two-factor authentication')}</div>
${replaceDialog}
${removeDialog}`
}

const enrollDialog = dialog({
  id: 'enroll-totp',
  title: 'Set up your authenticator app',
  content: html`<p class="muted">Scan the QR code with an app such as Aegis, Google Authenticator or your password manager, or type the key.</p>
<img class="qr" data-fill="qr" alt="QR code for your authenticator app" width="176" height="176">
<p class="key-label">Key</p>
<p class="key"><code data-fill="secret"></code></p>
${actionForm({
  action: 'confirm-totp',
  button: 'Turn on',
  content: html`<p class="muted">Your other sessions will end.</p>${codeField({
    id: 'first-code',
    label: 'Code that the app shows',
  })}`,
})}`,
})

/** Shows recovery codes, the only time that they can be read. */
const recoveryCodesDialog = dialog({
  id: 'recovery-codes',
  title: 'Your recovery codes',
  close: 'I have kept them',
  closeIsPrimary: true,
  content: html`<p class="muted">Keep them where you find them without your phone: each signs you in once if you lose the app. They are shown only now.</p>
<pre class="recovery-codes" tabindex="0" aria-label="Recovery codes" data-fill="codes"></pre>
<div class="row-actions recovery-actions">
<button type="button" class="button plain" data-codes="copy">Copy</button>
<button type="button" class="button plain" data-codes="download">Download</button>
<button type="button" class="button plain" data-codes="print">Print</button>
</div>`,
})

const replaceDialog = dialog({
  id: 'replace-recovery-codes',
  title: 'Create new recovery codes?',
  content: html`<p class="muted">Your present recovery codes stop working.</p>
${actionForm({ action: 'replace-recovery-codes', button: 'Create new codes', content: html`` })}`,
})

const removeDialog = dialog({
  id: 'remove-totp',
  title: 'Turn off two-factor authentication?',
  content: html`<p class="muted">Signing in asks for one step only. Your recovery codes are deleted, and your other sessions end. Delete the entry in your app too.</p>
${actionForm({ action: 'remove-totp', button: 'Turn off', look: 'danger', content: html`` })}`,
})
