import type { AccountView, AuditPage } from 'torii-auth'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { View } from '../../page.js'
import { eventList } from '../events.js'
import { cursorOf, pager } from '../pager.js'
import { action, confirmed, facts, moment, momentOr } from '../parts.js'
import type { ConsoleCall } from '../route.js'
import { badges } from '../user-badges.js'
import { attemptsPanel } from './user-attempts.js'
import { userNotice } from './user-notices.js'
import { sessionsPanel } from './user-sessions.js'
import { signInMethodsPanel } from './user-sign-in-methods.js'

/** An account and its actions. Of a deleted account only the audit trail remains. */
export async function userPage(call: ConsoleCall, id: string): Promise<View> {
  const { torii, query } = call
  const [account, trail] = await Promise.all([
    torii.admin.user(id),
    torii.admin.audit({ userId: id, limit: 25, ...cursorOf(query) }),
  ])
  return account === null ? gone(call, id, trail) : shown(call, account, trail)
}

function shown(call: ConsoleCall, account: AccountView, trail: AuditPage): View {
  const { user } = account
  const title = user.email ?? user.name ?? user.id
  return {
    title,
    content: html`<section class="wide panels">
<div class="head"><h1>${title} ${badges(user)}</h1><a href="/users">All users</a></div>
${userNotice(call.query)}
${accountPanel(account)}
${signInMethodsPanel(account)}
${attemptsPanel(account)}
${sessionsPanel(account)}
${trailPanel(call, trail, account.user.id)}
</section>`,
  }
}

function accountPanel({ user }: AccountView): Html {
  const metadata = JSON.stringify(user.metadata)
  return html`<section class="card panel" aria-labelledby="account">
<h2 id="account">Account</h2>
${facts([
  ['ID', html`<code>${user.id}</code>`, 'long'],
  ['Name', user.name ?? 'None'],
  ['Email verified', momentOr(user.emailVerifiedAt, 'No')],
  ['Created', moment(user.createdAt)],
  ['Updated', moment(user.updatedAt)],
  ...(user.disabledAt === null ? [] : [['Disabled', moment(user.disabledAt)] as const]),
  ...(metadata === '{}' ? [] : [['Metadata', html`<code>${metadata}</code>`, 'long'] as const]),
])}
${
  user.disabledAt === null
    ? confirmed({
        action: `/users/${user.id}/disable`,
        ask: 'Disable account',
        consequence:
          'All sessions end, and the user cannot sign in until you enable the account again. Nothing is deleted.',
        confirm: 'Disable account',
      })
    : action(`/users/${user.id}/enable`, 'Enable account')
}
</section>`
}

const trailPanel = (
  { path, query }: ConsoleCall,
  { events, next }: AuditPage,
  id: AccountView['user']['id'],
): Html =>
  html`<section class="card panel" aria-labelledby="trail">
<h2 id="trail">Audit trail</h2>
${eventList(events, id)}
${pager({ path, query, next, label: 'Pages of the audit trail', anchor: 'trail' })}
</section>`

const gone = ({ path, query }: ConsoleCall, id: string, { events, next }: AuditPage): View => ({
  status: 404,
  title: 'Account not found',
  content: html`<section class="wide panels">
<div class="head"><h1>Account not found</h1><a href="/users">All users</a></div>
${userNotice(query)}
<p class="muted"><code>${id}</code></p>
<section class="card panel" aria-labelledby="trail">
<h2 id="trail">Audit trail</h2>
${eventList(events, null)}
${pager({ path, query, next, label: 'Pages of the audit trail', anchor: 'trail' })}
</section>
</section>`,
})
