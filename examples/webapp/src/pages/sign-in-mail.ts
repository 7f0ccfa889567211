import { actionForm, field } from '../form-parts.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'
import { accountPath, signedOutPage, signInPath } from '../page.js'
import { addressForm } from './address-form.js'
import { gate } from './gate.js'
import { sentStep } from './sent.js'

/** Sign-in with a magic link, or with the code in the same mail. */
export const mailedLinkPage = signedOutPage('/sign-in/mail', (call) => ({
  title: 'Sign in with a magic link',
  content: html`<section class="narrow hero">
${gate}
<h1 tabindex="-1">Sign in with a magic link</h1>
<p class="lead">Get a link by email and sign in without a password.</p>
<div class="card" data-step="ask">
${addressForm('request-link', 'Email me a link')}
<p class="aside"><a href="${signInPath}">Sign in another way</a></p>
</div>
${sentStep(call, {
  sentence: [
    'We have sent a magic link to',
    `. You can use it once, within ${minutes(call)} minutes.`,
  ],
  again: 'request-link',
  more: codeForm(call),
})}
</section>`,
}))

const minutes = ({ site }: PageCall): number =>
  Math.round(site.torii.options.magicLink.lifetimeSeconds / 60)

/** For users who read mail on another device. */
const codeForm = ({ site }: PageCall): Html | null =>
  site.torii.options.magicLink.code
    ? actionForm({
        action: 'type-code',
        to: accountPath,
        button: 'Sign in with code',
        look: 'plain',
        content: html`<input type="hidden" name="email" data-fill="email">
${field({
  id: 'code',
  name: 'code',
  label: 'Or enter the code from the email',
  autocomplete: 'one-time-code',
  digits: true,
})}`,
      })
    : null
