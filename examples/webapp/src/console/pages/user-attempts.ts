import type { AccountView, MailPurpose, RateLimitStatus } from 'torii-auth'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import { action, moment } from '../parts.js'

/** The counters of the rate limits. */
export function attemptsPanel({ user, attempts }: AccountView): Html {
  const counters: readonly (readonly [string, RateLimitStatus | null])[] = [
    ['Password attempts', attempts.password],
    ['Code attempts', attempts.codes],
    ...mailCounters(attempts.mails),
  ]
  const counted = counters.some(([, status]) => status !== null && isCounted(status))
  return html`<section class="card panel" aria-labelledby="attempts">
<h2 id="attempts">Attempts</h2>
${
  counted
    ? html`<ul class="rows">${counters.map(([title, status]) => status !== null && row(title, status))}</ul>
${action(`/users/${user.id}/unlock`, 'Unlock and reset')}`
    : html`<p class="muted">No attempts are counted.</p>`
}
</section>`
}

const mailTitles: Readonly<Record<MailPurpose, string>> = {
  magic_link: 'Magic links sent',
  verify_email: 'Verification links sent',
  reset_password: 'Reset links sent',
  change_email: 'Email change links sent',
  enrollment_code: 'Enrollment codes sent',
}

/** Each purpose has a separate allowance. */
const mailCounters = (mails: AccountView['attempts']['mails']) =>
  mails === null
    ? []
    : mailPurposes.map((purpose) => [mailTitles[purpose], mails[purpose]] as const)

const mailPurposes: readonly MailPurpose[] = [
  'magic_link',
  'verify_email',
  'reset_password',
  'change_email',
  'enrollment_code',
]

const isCounted = (status: RateLimitStatus): boolean =>
  status.state === 'locked' || status.failures > 0

const row = (title: string, status: RateLimitStatus): Html =>
  html`<li class="row"><p class="row-title">${title} ${
    status.state === 'locked' && html`<span class="badge">Locked</span>`
  }</p><p class="muted">${status.failures} in this window${
    status.state === 'locked' && html`, locked until ${moment(status.lockedUntil)}`
  }</p></li>`
