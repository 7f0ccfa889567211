import { html } from '../../html.js'
import type { View } from '../../page.js'
import { eventList } from '../events.js'
import { cursorOf, pager } from '../pager.js'
import type { ConsoleCall } from '../route.js'

/** All events, newest first. */
export async function trailPage({ torii, path, query }: ConsoleCall): Promise<View> {
  const { events, next } = await torii.admin.audit({ limit: 50, ...cursorOf(query) })
  return {
    title: 'Audit trail',
    content: html`<section class="wide">
<h1>Audit trail</h1>
<p class="lead">All events, newest first. Events are never changed and are deleted when their retention time ends.</p>
<div class="card">
${eventList(events, null)}
${pager({ path, query, next, label: 'Pages of the audit trail' })}
</div>
</section>`,
  }
}
