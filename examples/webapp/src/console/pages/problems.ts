import { html } from '../../html.js'
import type { View } from '../../page.js'

export const notFound: View = {
  status: 404,
  title: 'Nothing here',
  content: html`<section class="narrow"><h1>There is nothing here</h1>
<p class="lead">The address may be mistyped.</p>
<p><a class="button plain" href="/">Go to the overview</a></p></section>`,
}

export const badAddress: View = {
  status: 400,
  title: 'No such page',
  content: html`<section class="narrow"><h1>This list has no such page</h1>
<p class="lead">The address was changed on its way here.</p>
<p><a class="button plain" href="?">Go to the first page</a></p></section>`,
}

export const unavailable: View = {
  status: 503,
  title: 'Not available',
  content: html`<section class="narrow"><h1>Not available at the moment</h1>
<p class="lead">The page could not be made, most likely because the database cannot be reached. The terminal says more.</p>
<p><a class="button plain" href="">Try again</a></p></section>`,
}
