import { html } from '../html.js'
import { signedOutPage } from '../page.js'
import { gate } from './gate.js'

/** The start page, with links to registration and sign-in. */
export const homePage = signedOutPage('/', () => ({
  title: 'Welcome',
  content: html`<section class="narrow hero">
${gate}
<h1 tabindex="-1">Welcome</h1>
<p class="lead">Accounts, sessions and sign-in methods in your own PostgreSQL.</p>
<div class="card stack">
<a class="button primary" href="/register">Create account</a>
<a class="button plain" href="/sign-in">Sign in</a>
</div>
</section>`,
}))
