import { html } from '../../html.js'
import type { View } from '../../page.js'

export const notFound: View = {
  status: 404,
  title: 'Not found',
  content: html`<section class="narrow"><h1>Page not found</h1>
<p class="lead">Check the address.</p>
<p><a class="button plain" href="/">Go to overview</a></p></section>`,
}

export const badAddress: View = {
  status: 400,
  title: 'Page not found',
  content: html`<section class="narrow"><h1>This page of the list does not exist</h1>
<p class="lead">The address is incomplete or was changed.</p>
<p><a class="button plain" href="?">Go to first page</a></p></section>`,
}

export const unavailable: View = {
  status: 503,
  title: 'Temporarily unavailable',
  content: html`<section class="narrow"><h1>Temporarily unavailable</h1>
<p class="lead">The database may be unavailable. The terminal shows details.</p>
<p><a class="button plain" href="">Try again</a></p></section>`,
}
