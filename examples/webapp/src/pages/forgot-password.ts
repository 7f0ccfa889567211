import { html } from '../html.js'
import { signedOutPage, signInPath } from '../page.js'
import { addressForm } from './address-form.js'
import { gate } from './gate.js'
import { sentStep } from './sent.js'

export const forgotPasswordPage = signedOutPage('/forgot-password', (call) => ({
  title: 'Reset your password',
  content: html`<section class="narrow hero">
${gate}
<h1 tabindex="-1">Forgot your password?</h1>
<p class="lead">We send you a link to set a new one.</p>
<div class="card" data-step="ask">
${addressForm('request-reset', 'Email me a link')}
<p class="aside"><a href="${signInPath}">Back to sign in</a></p>
</div>
${sentStep(call, {
  sentence: ['If there is an account for', ', we have sent it a link to set a new password.'],
  again: 'request-reset',
})}
</section>`,
}))
