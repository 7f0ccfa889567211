import { actionButton } from '../form-parts.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'

/** The content that replaces a form after its mail was requested. */
interface Sent {
  /** The text around the email address. */
  readonly sentence: readonly [before: string, after: string]
  /** The action that sends the mail again. */
  readonly again: string
  /** Below the sentence. */
  readonly more?: Html | null
}

/** The step after a mail was requested. The script fills in the email address. */
export const sentStep = ({ mailbox }: PageCall, { sentence, again, more = null }: Sent): Html =>
  html`<div class="card" data-step="sent" hidden>
<h2 tabindex="-1">Check your email</h2>
<p>${sentence[0]} <strong data-fill="email"></strong>${sentence[1]}</p>
${more}
${mailbox && html`<p><a class="button primary" href="/mailbox">Open development mailbox</a></p>`}
<div class="quiet-actions"><p>Didn’t get it? Check your spam folder.</p>
${actionButton({
  action: again,
  content: html`<input type="hidden" name="email" data-fill="email">`,
  button: 'Send again',
})}</div>
</div>`
