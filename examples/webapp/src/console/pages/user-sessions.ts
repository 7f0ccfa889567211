import type { AccountView } from 'torii-auth'
import type { Session } from 'torii-core'
import { describeDevice } from '../../device.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import { action, confirmed, facts, moment } from '../parts.js'

/** Everywhere the person is signed in. */
export const sessionsPanel = ({ user, sessions }: AccountView): Html =>
  html`<section class="card panel" aria-labelledby="sessions">
<h2 id="sessions">Sessions</h2>
${
  sessions.length === 0
    ? html`<p class="muted">Signed in nowhere.</p>`
    : html`<ul class="rows">${sessions.map(row)}</ul>
${confirmed({
  action: `/users/${user.id}/end-sessions`,
  ask: 'End every session',
  consequence: 'The person is signed out everywhere, at once, and may sign in again.',
  confirm: 'End them all',
})}`
}
</section>`

function row(session: Session): Html {
  const { name } = describeDevice(session.userAgent)
  return html`<li class="row">
<div><h3 class="row-title">${name}</h3>
${facts([
  ['Address', session.ip ?? 'Unknown'],
  ['Signed in by', session.methods.join(', ').replaceAll('_', ' ')],
  ['Since', moment(session.createdAt)],
  ['Last active', moment(session.lastActiveAt)],
  ['Ends unless used', moment(session.expiresAt)],
  ['Ends in any case', moment(session.absoluteExpiresAt)],
  ['User agent', session.userAgent ?? 'None sent', 'long'],
])}</div>
${action(`/users/${session.userId}/sessions/${session.id}/end`, 'End', `End the session of ${name}`)}
</li>`
}
