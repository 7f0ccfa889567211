import { actionForm, field } from '../form-parts.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'
import { accountPath, page, signInPath } from '../page.js'
import { accountPaths, securityPath } from './account/account-paths.js'
import { gate } from './gate.js'
import { notice } from './notices.js'
import { orElse, providerLinks } from './provider-links.js'

/** Where the sign-in leads: back to the account page that required it, or to the first account page. */
function destination({ query }: PageCall): string {
  const to = query.get('to')
  return accountPaths.find((path) => path === to) ?? accountPath
}

/** Sign-in with a password, with links to the other methods. A failed OAuth flow ends here too. */
export const signInPage = page(signInPath, (call) => {
  if (call.valid !== null) return { location: whileSignedIn(call) }
  return {
    title: 'Sign in',
    content: html`<section class="narrow hero">
${gate}
<h1 tabindex="-1">Sign in</h1>
<p class="lead">Choose a sign-in method.</p>
<div class="card">
${notice(call)}
${passwordForm(call)}
${otherMethods(call)}
<p class="aside">New here? <a href="/register">Create account</a></p>
</div>
</section>`,
  }
})

/** When linking an account failed, the page with the accounts shows it. */
function whileSignedIn({ query }: PageCall): string {
  const error = query.get('error')
  return error === null ? accountPath : `${securityPath}?error=${encodeURIComponent(error)}`
}

function passwordForm(call: PageCall): Html {
  const hasMail = call.site.torii.options.mailer !== null
  return html`${actionForm({
    action: 'sign-in',
    to: destination(call),
    button: 'Sign in',
    content: html`${field({
      id: 'email',
      name: 'email',
      label: 'Email',
      type: 'email',
      autocomplete: 'username webauthn',
    })}
${field({
  id: 'password',
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'current-password',
})}`,
  })}
${hasMail && html`<p class="aside"><a href="/forgot-password">Forgot your password?</a></p>`}`
}

function otherMethods(call: PageCall): Html {
  const to = destination(call)
  return html`<div class="methods">
${orElse}
<form method="post" data-action="sign-in-passkey" data-to="${to}"><button class="button plain">Sign in with passkey</button>
<p class="form-error error" role="alert"></p></form>
${call.site.torii.options.mailer !== null && html`<a class="button plain" href="/sign-in/mail">Email me a link</a>`}
${providerLinks(call, { to })}
</div>`
}
