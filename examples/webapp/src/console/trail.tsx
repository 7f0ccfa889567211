import type { AuditEvent, AuditPage } from 'torii-auth'
import { describeDevice } from '../device.js'
import type { View } from '../document.js'
import { heading, link, moment, muted } from '../parts.js'
import { capitalized, count, methodName } from '../words.js'
import type { ConsoleCall } from './console.js'
import { pager } from './users.js'

/** All events, newest first. */
export async function trailPage({ torii, queries, query: { after } }: ConsoleCall): Promise<View> {
  const page = await torii.admin.audit({ limit: 50, ...(after === undefined ? {} : { after }) })
  const content = (
    <section class="wide">
      {heading('Audit trail')}
      <p class="lead">Newest first. Events are deleted when their retention time ends.</p>
      <div class="card">
        {eventList(page.events, await queries.namesOf(page.events))}
        {trailPager('/trail', after, page)}
      </div>
    </section>
  )
  return { title: 'Audit trail', content }
}

/** Pages forward by a cursor, and back to the first page. */
export const trailPager = (path: string, after: string | undefined, { next }: AuditPage) =>
  pager(after !== undefined && path, next !== null && `${path}?after=${next}`)

/** What happened, where the type of the event does not say it well. */
const sentences: Readonly<Record<string, string>> = {
  user_created: 'Account created',
  user_updated: 'Profile changed',
  user_deleted: 'Account deleted',
  user_disabled: 'Account disabled',
  user_enabled: 'Account enabled',
  user_exported: 'Data exported',
  sign_in_failed: 'Sign-in failed',
  second_factor_required: 'Second factor asked for',
  attempts_unlocked: 'Account unlocked',
  session_revoked: 'Session ended',
  sessions_revoked: 'Sessions ended',
  session_derived: 'Access token created',
  session_rotated: 'Session renewed',
  reauthenticated: 'Identity confirmed',
  oauth_linked: 'Provider account connected',
  oauth_unlinked: 'Provider account disconnected',
}

/** The events that are highlighted. */
const alarming = /failed|_reset$|regression|eligibility|unverified_credentials|disabled|deleted/

const spaced = (value: unknown): string => String(value).replaceAll('_', ' ')

/** The details of an event in words. Ids are left out: they say nothing to a person. */
const details: Readonly<Record<string, (value: unknown) => string | false>> = {
  method: (value) => `by ${methodName(String(value))}`,
  secondFactor: (value) => `and ${methodName(String(value))}`,
  factor: (value) => `(${methodName(String(value))})`,
  by: (value) => value === 'admin' && 'by an administrator',
  provider: (value) => `at ${value}`,
  fields: (value) => String(value).replaceAll(',', ', '),
  reason: (value) => `(${spaced(value)})`,
  count: (value) => `(${value})`,
  sessionsEnded: (value) => value !== 0 && `(${count('session', Number(value))} ended)`,
  remaining: (value) => `(${count('code', Number(value))} left)`,
  otherSignInMethodsRemoved: (value) => value === true && 'and other sign-in methods removed',
  outcome: (value) => `(${value})`,
  now: (value) => `(now ${spaced(value)})`,
}

/** Events of the audit trail, one per row. @param names of the accounts, by id; absent on the page of one account */
export const eventList = (events: readonly AuditEvent[], names?: ReadonlyMap<string, string>) =>
  events.length === 0 ? (
    <p class="empty">No events.</p>
  ) : (
    <ol class="events">{events.map((event) => eventRow(event, names))}</ol>
  )

function eventRow(event: AuditEvent, names?: ReadonlyMap<string, string>) {
  const { type, userId, at, ip, userAgent } = event
  const more = Object.entries(event.detail).map(([name, value]) => details[name]?.(value))
  const what = [sentences[type] ?? capitalized(spaced(type)), ...more].filter(Boolean).join(' ')
  const device = userAgent !== null && describeDevice(userAgent).name
  const name = names?.get(userId ?? '') ?? 'deleted account'
  return (
    <li>
      <p class={alarming.test(type) ? 'alarming' : ''}>{what}</p>
      {names && (userId === null ? muted('no account') : link(`/users/${userId}`, name))}
      {muted(
        moment(at),
        [ip, device].filter(Boolean).map((text) => ` · ${text}`),
      )}
    </li>
  )
}
