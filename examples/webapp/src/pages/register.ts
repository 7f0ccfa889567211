import { actionForm, field } from '../form-parts.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'
import { accountPath, signedOutPage } from '../page.js'
import { gate } from './gate.js'
import { orElse, providerLinks } from './provider-links.js'
import { sentStep } from './sent.js'

export const registerPage = signedOutPage('/register', (call) => ({
  title: 'Create account',
  content: html`<section class="narrow hero">
${gate}
<h1 tabindex="-1">Create your account</h1>
<p class="lead">Use an email address and a password, or an account you already have.</p>
<div class="card" data-step="ask">
${registerForm(call)}
${otherMethods(call)}
<p class="aside">Already have an account? <a href="/sign-in">Sign in</a></p>
</div>
${sentStep(call, {
  sentence: ['We have sent a verification link to', '. Open it to verify your email address.'],
  again: 'request-verification',
})}
</section>`,
}))

function otherMethods(call: PageCall): Html | null {
  const links = providerLinks(call, { to: accountPath })
  return links.length === 0 ? null : html`<div class="methods">${orElse}${links}</div>`
}

const registerForm = ({ site }: PageCall) =>
  actionForm({
    action: 'register',
    button: 'Create account',
    content: html`${field({
      id: 'name',
      name: 'name',
      label: 'Name',
      autocomplete: 'name',
      required: false,
    })}
${field({ id: 'email', name: 'email', label: 'Email', type: 'email', autocomplete: 'username' })}
${field({
  id: 'password',
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'new-password',
  hint: passwordHint(site.torii.options.password.minLength),
})}`,
  })

/** The rule for a new password. */
export const passwordHint = (minLength: number): string =>
  `Use at least ${minLength} characters, for example several words.`
