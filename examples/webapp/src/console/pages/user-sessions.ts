import type { AccountView, Session } from 'torii-auth'
import { describeDevice } from '../../device.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import { action, confirmed, facts, moment } from '../parts.js'

/** The active sessions of the user. */
export const sessionsPanel = ({ user, sessions }: AccountView): Html =>
  html`<section class="card panel" aria-labelledby="sessions">
<h2 id="sessions">Sessions</h2>
${
  sessions.length === 0
    ? html`<p class="muted">No active sessions.</p>`
    : html`<ul class="rows">${sessions.map(row)}</ul>
${confirmed({
  action: `/users/${user.id}/end-sessions`,
  ask: 'End all sessions',
  consequence: 'This signs the user out on all devices. They can sign in again.',
  confirm: 'End all sessions',
})}`
}
</section>`

function row(session: Session): Html {
  const { name } = describeDevice(session.userAgent)
  return html`<li class="row">
<div><h3 class="row-title">${name}</h3>
${facts([
  ['IP address', session.ip ?? 'Unknown'],
  ['Signed in with', session.methods.join(', ').replaceAll('_', ' ')],
  ['Verified by', session.level === 2 ? 'Two factors' : 'One factor'],
  ['Created', moment(session.createdAt)],
  ['Last active', moment(session.lastActiveAt)],
  ['Expires if unused', moment(session.expiresAt)],
  ['Final expiry', moment(session.absoluteExpiresAt)],
  ['User agent', session.userAgent ?? 'None', 'long'],
])}</div>
${action(`/users/${session.userId}/sessions/${session.id}/end`, 'End', `End session of ${name}`)}
</li>`
}
