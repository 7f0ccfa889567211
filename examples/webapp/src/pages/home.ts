import { html } from '../html.js'
import { signedOutPage } from '../page.js'

/** The start: what this is, and the two ways in. */
export const homePage = signedOutPage('/', () => ({
  title: 'Welcome',
  content: html`<section class="narrow hero">
<h1>Welcome</h1>
<p class="lead">Accounts, sessions and ways to sign in, kept in your own PostgreSQL.</p>
<p class="stack"><a class="button primary" href="/register">Create account</a>
<a class="button" href="/sign-in">Sign in</a></p>
</section>`,
}))
