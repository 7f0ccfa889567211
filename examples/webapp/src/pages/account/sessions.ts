import type { AuthenticationMethod, Session } from 'torii-auth'
import { describeDevice } from '../../device.js'
import { actionButton, hidden, timeAgo, timeUntil } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import { signedInPage } from '../../page.js'
import { accountView, panel } from './account-frame.js'
import { sessionsPath } from './account-paths.js'

/** The active sessions of the user. */
export const sessionsPage = signedInPage(sessionsPath, async (call) => {
  const { torii } = call.site
  const current = call.valid.session.id
  const [methods, sessions] = await Promise.all([
    torii.users.signInMethods(call.valid),
    torii.sessions.list(call.valid),
  ])
  const ordered = [...sessions].sort(
    (a, b) =>
      Number(b.id === current) - Number(a.id === current) ||
      b.lastActiveAt.getTime() - a.lastActiveAt.getTime(),
  )
  return accountView(
    call,
    methods,
    panel({
      id: 'sessions',
      title: 'Sessions and devices',
      lead: 'Sign out any device you don’t recognize, then change your password.',
      content: html`<ul class="rows">${ordered.map((session) => row(session, session.id === current, call.now))}</ul>
${
  sessions.length > 1 &&
  html`<div class="row-actions">${actionButton({ action: 'revoke-others', content: html``, button: 'Sign out all other sessions' })}</div>`
}`,
    }),
  )
})

const icons = {
  computer: html`<path d="M5 5h14v10H5zM2.5 19h19"/>`,
  phone: html`<path d="M7 3h10v18H7zM11 18h2"/>`,
  program: html`<path d="M3 5h18v14H3zM7 10l2.5 2L7 14M12.5 15h4"/>`,
}

const methodNames: Readonly<Record<AuthenticationMethod, string>> = {
  password: 'Password',
  magic_link: 'Magic link',
  oauth: 'Connected account',
  passkey: 'Passkey',
  totp: 'Authenticator app',
  recovery_code: 'Recovery code',
}

function row(session: Session, current: boolean, now: Date): Html {
  const device = describeDevice(session.userAgent)
  return html`<li class="row session">
<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${icons[device.kind]}</svg>
<div><h3 class="row-title">${device.name} ${current && html`<span class="badge">Current session</span>`}</h3>
<dl>
<div><dt>Last active</dt><dd>${timeAgo(session.lastActiveAt, now)}</dd></div>
<div><dt>Expires</dt><dd>${timeUntil(session.expiresAt, now)}</dd></div>
<div><dt>Signed in with</dt><dd>${session.methods.map((method) => methodNames[method]).join(', ')}</dd></div>
<div><dt>Verified by</dt><dd>${session.level === 2 ? 'Two factors' : 'One factor'}</dd></div>
<div><dt>IP address</dt><dd>${session.ip ?? 'Unknown'}</dd></div>
</dl></div>
<div class="row-actions">${
    !current &&
    actionButton({
      action: 'revoke-session',
      content: hidden('id', session.id),
      button: 'Sign out',
      label: `Sign out ${device.name}`,
    })
  }</div>
</li>`
}
