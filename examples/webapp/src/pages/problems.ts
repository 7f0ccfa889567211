import { html } from '../html.js'
import type { View } from '../page.js'

export const notFound: View = {
  status: 404,
  title: 'Nothing here',
  content: html`<section class="narrow"><h1 tabindex="-1">There is nothing here</h1>
<p class="lead">The address may be mistyped, or what it led to is gone.</p>
<p><a class="button plain" href="/">Go to the start</a></p></section>`,
}

/** A form that was sent without its script: what was typed is not looked at. */
export const needsScript: View = {
  status: 405,
  title: 'JavaScript is needed',
  content: html`<section class="narrow"><h1 tabindex="-1">This needs JavaScript</h1>
<p class="lead">The form was sent before the page had loaded, or JavaScript is off. Nothing was done.</p>
<p><a class="button plain" href="">Open the page again</a></p></section>`,
}

export const unavailable: View = {
  status: 503,
  title: 'Not available',
  content: html`<section class="narrow"><h1 tabindex="-1">Not available at the moment</h1>
<p class="lead">The page could not be made, most likely because the database cannot be reached. Try again shortly.</p>
<p><a class="button plain" href="">Try again</a></p></section>`,
}
