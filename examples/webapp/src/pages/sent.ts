import { actionButton } from '../form-parts.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'

/** What stands in the place of a form when its mail is on the way. */
interface Sent {
  /** What the address stands between. */
  readonly sentence: readonly [before: string, after: string]
  /** The act that sends it once more. */
  readonly again: string
  /** Below the sentence. */
  readonly more?: Html | null
}

/** The step after a request for mail. The script fills in the address that was typed. */
export const sentStep = ({ mailbox }: PageCall, { sentence, again, more = null }: Sent): Html =>
  html`<div class="card" data-step="sent" hidden>
<h2 tabindex="-1">Check your email</h2>
<p>${sentence[0]} <strong data-fill="email"></strong>${sentence[1]}</p>
${more}
${mailbox && html`<p><a class="button primary" href="/mailbox">Open development mailbox</a></p>`}
<div class="quiet-acts"><p>Didn’t get it? Check your spam folder.</p>
${actionButton({
  action: again,
  content: html`<input type="hidden" name="email" data-fill="email">`,
  button: 'Send again',
})}</div>
</div>`
