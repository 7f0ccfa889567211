import { actionForm, field } from '../form-parts.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'
import { accountPath, page, signInPath } from '../page.js'
import { accountPaths, securityPath } from './account/account-paths.js'
import { gate } from './gate.js'
import { notice } from './notices.js'
import { orElse, providerLinks } from './provider-links.js'

/** Where signing in leads: back to the page of the account that asked for it, or to the first one. */
function destination({ query }: PageCall): string {
  const to = query.get('to')
  return accountPaths.find((path) => path === to) ?? accountPath
}

/** Signing in by password, and the doors to the other ways. A provider's failed flow ends here as well. */
export const signInPage = page(signInPath, (call) => {
  if (call.valid !== null) return { location: whileSignedIn(call) }
  return {
    title: 'Sign in',
    content: html`<section class="narrow hero">
${gate}
<h1 tabindex="-1">Sign in</h1>
<p class="lead">Use whichever way you have set up.</p>
<div class="card">
${notice(call)}
${passwordForm(call)}
${otherWays(call)}
<p class="aside">New here? <a href="/register">Create account</a></p>
</div>
</section>`,
  }
})

/** Linking an account failed: it is said where the accounts are. */
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
      label: 'E-mail',
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

function otherWays(call: PageCall): Html {
  const to = destination(call)
  return html`<div class="ways">
${orElse}
<form method="post" data-action="sign-in-passkey" data-to="${to}"><button class="button plain">Sign in with a passkey</button>
<p class="form-error error" role="alert"></p></form>
${call.site.torii.options.mailer !== null && html`<a class="button plain" href="/sign-in/mail">Mail me a link</a>`}
${providerLinks(call, { to })}
</div>`
}
