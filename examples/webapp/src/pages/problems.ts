import { html } from '../html.js'
import type { View } from '../page.js'

export const notFound: View = {
  status: 404,
  title: 'Not found',
  content: html`<section class="narrow"><h1 tabindex="-1">Page not found</h1>
<p class="lead">Check the address, or go to the start page.</p>
<p><a class="button plain" href="/">Go to start page</a></p></section>`,
}

/** The page for a form that was sent without JavaScript. Its input is not read. */
export const needsScript: View = {
  status: 405,
  title: 'JavaScript required',
  content: html`<section class="narrow"><h1 tabindex="-1">JavaScript required</h1>
<p class="lead">The form was sent before the page had loaded, or JavaScript is turned off. Nothing was changed.</p>
<p><a class="button plain" href="">Reload page</a></p></section>`,
}

export const unavailable: View = {
  status: 503,
  title: 'Temporarily unavailable',
  content: html`<section class="narrow"><h1 tabindex="-1">Temporarily unavailable</h1>
<p class="lead">Try again shortly.</p>
<p><a class="button plain" href="">Try again</a></p></section>`,
}
