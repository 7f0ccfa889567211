import { actForm, field } from '../form-parts.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'
import { accountPath, page, signedOutPage, signInPath } from '../page.js'
import { accountPaths, securityPath } from './account/account-paths.js'
import { gate } from './gate.js'
import { notice } from './notices.js'
import { sentStep } from './sent.js'

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
  return html`${actForm({
    act: 'sign-in',
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
  const { torii } = call.site
  const to = destination(call)
  const query = `?redirectTo=${encodeURIComponent(to)}`
  return html`<div class="ways">
<p class="or"><span>or</span></p>
<form method="post" data-act="sign-in-passkey" data-to="${to}"><button class="button plain">Sign in with a passkey</button>
<p class="form-error error" role="alert"></p></form>
${torii.options.mailer !== null && html`<a class="button plain" href="/sign-in/mail">Mail me a link</a>`}
${torii.oauth
  .providers()
  .map(
    ({ name, displayName }) =>
      html`<a class="button plain" href="/auth/oauth/${name}/start${query}">Continue with ${displayName}</a>`,
  )}
</div>`
}

/** Signing in by a mailed link, or by the code beside it. */
export const mailedLinkPage = signedOutPage('/sign-in/mail', (call) => ({
  title: 'Sign in by mail',
  content: html`<section class="narrow hero">
${gate}
<h1 tabindex="-1">Sign in by mail</h1>
<p class="lead">No password needed: open the link that we send you.</p>
<div class="card" data-step="ask">
${addressForm('request-link', 'Mail me a link')}
<p class="aside"><a href="${signInPath}">Sign in another way</a></p>
</div>
${sentStep(call, {
  sentence: [
    'We have sent a mail to',
    `. The link in it signs you in, once and within ${minutes(call)} minutes.`,
  ],
  again: 'request-link',
  more: codeForm(call),
})}
</section>`,
}))

const minutes = ({ site }: PageCall): number =>
  Math.round(site.torii.options.magicLink.lifetimeSeconds / 60)

/** For who reads mail on another device. */
const codeForm = ({ site }: PageCall): Html | null =>
  site.torii.options.magicLink.code
    ? actForm({
        act: 'type-code',
        to: accountPath,
        button: 'Sign in with the code',
        look: 'plain',
        content: html`<input type="hidden" name="email" data-fill="email">
${field({
  id: 'code',
  name: 'code',
  label: 'Or type the code from the message',
  autocomplete: 'one-time-code',
  digits: true,
})}`,
      })
    : null

/** A form of an address and a button. */
const addressForm = (act: string, button: string): Html =>
  actForm({
    act,
    button,
    content: field({
      id: 'email',
      name: 'email',
      label: 'E-mail',
      type: 'email',
      autocomplete: 'username',
    }),
  })

export const forgotPasswordPage = signedOutPage('/forgot-password', (call) => ({
  title: 'Forgot your password',
  content: html`<section class="narrow hero">
${gate}
<h1 tabindex="-1">Forgot your password?</h1>
<p class="lead">We mail you a link that sets a new one.</p>
<div class="card" data-step="ask">
${addressForm('request-reset', 'Mail me a link')}
<p class="aside"><a href="${signInPath}">Back to signing in</a></p>
</div>
${sentStep(call, {
  sentence: [
    'If there is an account of',
    ', a mail is on its way. The link in it sets a new password.',
  ],
  again: 'request-reset',
})}
</section>`,
}))
