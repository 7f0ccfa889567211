import type { AuditEvent, UserId } from 'torii-auth'
import { describeDevice } from '../device.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { moment } from './parts.js'

/** `sign_in_failed` reads "Sign in failed". */
const inWords = (type: string): string =>
  type.charAt(0).toUpperCase() + type.slice(1).replaceAll('_', ' ')

/** The events that are highlighted. */
const alarming: ReadonlySet<string> = new Set([
  'sign_in_failed',
  'second_factor_failed',
  'second_factors_reset',
  'passkey_counter_regression',
  'passkey_backup_eligibility_changed',
  'unverified_credentials_removed',
  'user_disabled',
  'user_deleted',
])

/** Events of the audit trail, one per row. @param subject the user of the page; other users are links */
export const eventList = (events: readonly AuditEvent[], subject: UserId | null): Html =>
  events.length === 0
    ? html`<p class="empty">No events.</p>`
    : html`<ol class="events">${events.map((event) => row(event, subject))}</ol>`

const row = (event: AuditEvent, subject: UserId | null): Html => html`<li>
<p class="event-what${alarming.has(event.type) && ' alarming'}">${inWords(event.type)}</p>
<p class="event-detail">${Object.entries(event.detail).map(
  ([name, value]) =>
    html`<span><span class="muted">${name}</span> ${typeof value === 'string' ? value : JSON.stringify(value)}</span> `,
)}</p>
<p class="event-where muted">${moment(event.at)} ${source(event)} ${
  event.userId !== subject && who(event)
}</p>
</li>`

const source = ({ ip, userAgent }: AuditEvent): Html | null => {
  if (ip === null && userAgent === null) return null
  return html`<span title="${userAgent ?? ''}">${ip ?? 'unknown IP address'}${
    userAgent !== null && `, ${describeDevice(userAgent).name}`
  }</span>`
}

/** Shows the end of an ID, which differs between accounts; the beginning is the time of creation. */
const who = ({ userId }: AuditEvent): Html =>
  userId === null
    ? html`<span>no account</span>`
    : html`<a href="/users/${userId}">account <code>…${userId.slice(-12)}</code></a>`
