import type { AccountView, RateLimitStatus, Torii } from 'torii-auth'
import { describeDevice } from '../device.js'
import type { View } from '../document.js'
import type { Content } from '../parts.js'
import { badge, facts, heading, link, list, moment, notice, panel, row, submit } from '../parts.js'
import { capitalized, methodName } from '../words.js'
import type { ConsoleCall } from './console.js'
import { eventList, trailPager } from './trail.js'
import { state } from './users.js'

type Operation = (
  admin: Torii['admin'],
  id: string,
  session: string,
  isPerUser: boolean,
) => Promise<keyof typeof notices>

/**
 * The actions of the page, by the end of their path. Each is an operation of torii.admin: one commit with its row in the
 * audit trail. The next page shows the result.
 */
export const actions: Readonly<Record<string, Operation>> = {
  disable: async (admin, id) => ((await admin.disable(id)) === null ? 'gone' : 'disabled'),
  enable: async (admin, id) => ((await admin.enable(id)) === null ? 'gone' : 'enabled'),
  unlock: async (admin, id) => ((await admin.unlock(id)) ? 'unlocked' : 'cleared'),
  'reset-second-factors': async (admin, id) =>
    (await admin.resetSecondFactors(id)) ? 'factors-reset' : 'no-factors',
  'reset-with-passkeys': async (admin, id) =>
    (await admin.resetSecondFactors(id, { passkeys: true })) ? 'passkeys-reset' : 'no-factors',
  'require-second-factor': async (admin, id, _, isPerUser) => {
    if (!isPerUser) return 'factor-setting'
    return (await admin.requireSecondFactor(id, { graceSeconds })) ? 'factor-required' : 'gone'
  },
  'waive-second-factor': async (admin, id, _, isPerUser) => {
    if (!isPerUser) return 'factor-setting'
    return (await admin.waiveSecondFactor(id)) ? 'factor-waived' : 'gone'
  },
  'end-sessions': async (admin, id) =>
    (await admin.endSessions(id)) > 0 ? 'sessions-ended' : 'no-session',
  'sessions/:session{[0-9a-f-]{36}}/end': async (admin, id, session) =>
    (await admin.endSession(id, session)) ? 'session-ended' : 'no-session',
}

/** Two weeks, in which the user can set it up. */
const graceSeconds = 14 * 86_400

/** The result of an action, by its name in the URL. The URL never holds the text. */
const notices = {
  disabled:
    'Account disabled. All sessions have ended, and sign-in is blocked until you enable the account.',
  enabled: 'Account enabled. The user can sign in again. Former sessions stay ended.',
  unlocked: 'Account unlocked. Its attempts were reset.',
  cleared: 'The account was not locked. Its attempts were reset.',
  'session-ended': 'Session ended.',
  'sessions-ended': 'All sessions ended.',
  'no-session': 'This session had already ended.',
  'factors-reset':
    'Second factors removed. All sessions have ended, and signing in asks for no code.',
  'passkeys-reset': 'Second factors and passkeys removed. All sessions have ended.',
  'no-factors': 'The account has no second factor.',
  'factor-required': 'Second factor required. All sessions have ended.',
  'factor-waived': 'The second factor is not required any more.',
  'factor-setting':
    'Nothing was changed: single users are asked for a second factor only with the setting SECOND_FACTOR=per-user.',
  gone: 'The account no longer exists.',
}

/** An account and its actions. Of a deleted account only the audit trail remains. */
export async function userPage({ torii, query, id }: ConsoleCall): Promise<View> {
  const { after, done = '' } = query
  const search = { userId: id, limit: 25, ...(after === undefined ? {} : { after }) }
  const [found, trail] = await Promise.all([torii.admin.user(id), torii.admin.audit(search)])
  const title = found ? (found.user.email ?? found.user.name ?? id) : 'Account not found'
  const text = Object.hasOwn(notices, done) && notices[done as keyof typeof notices]
  const content = (
    <section class="wide panels">
      {heading([title, found && stateOf(found)], link('/users', 'All users'))}
      {text && notice(done === 'factor-setting' ? 'bad' : 'good', text, true)}
      {found && [account, methods, attempts, sessions].map((show) => show(found, torii))}
      {panel('Audit trail', '', eventList(trail.events), trailPager(`/users/${id}`, after, trail))}
    </section>
  )
  return { title, content, status: found ? 200 : 404 }
}

const stateOf = ({ user: { email, emailVerifiedAt, disabledAt } }: AccountView) =>
  state(email, emailVerifiedAt !== null, disabledAt !== null)

/** A button for an action. */
const button = (to: string, text: string, label?: string) => (
  <form method="post" action={to}>
    {submit(text, 'plain', label)}
  </form>
)

/** An action with a confirmation: a disclosure, so it needs no script. */
const confirmed = (to: string, text: string, consequence: string) => (
  <details class="confirm">
    <summary class="button warn">{text}</summary>
    <form method="post" action={to}>
      <p>{consequence}</p>
      {submit(text, 'danger')}
    </form>
  </details>
)

const disabling =
  'All sessions end, and the user cannot sign in until you enable the account again. Nothing is deleted.'

function account({ user }: AccountView) {
  const { id, name, emailVerifiedAt, createdAt, updatedAt, disabledAt, metadata } = user
  const known = {
    Name: name ?? 'None',
    'Email verified': emailVerifiedAt === null ? 'No' : moment(emailVerifiedAt),
    Created: moment(createdAt),
    Updated: moment(updatedAt),
    ...(disabledAt && { Disabled: moment(disabledAt) }),
    ID: <code>{id}</code>,
    Metadata: <code>{JSON.stringify(metadata)}</code>,
  }
  const change = disabledAt
    ? button(`/users/${id}/enable`, 'Enable account')
    : confirmed(`/users/${id}/disable`, 'Disable account', disabling)
  return panel('Account', '', facts(known), change)
}

const resetting =
  'The authenticator app and the recovery codes are removed, all sessions end, and the owner gets a mail. Be sure who asks: an attacker with the password says the same.'

const resettingAll =
  'The passkeys, the authenticator app and the recovery codes are removed, all sessions end, and the owner gets a mail. For a lost device. Be sure who asks.'

const requiring = 'All sessions end. After two weeks, signing in needs a second factor.'

/** The sign-in methods and second factors of the user, without any secret. */
function methods(view: AccountView, { options }: Torii) {
  const { user, password, oauthAccounts, passkeys, secondFactors } = view
  const { totp, recoveryCodes, requiredAt } = secondFactors
  const ask = requiredAt
    ? button(`/users/${user.id}/waive-second-factor`, 'Do not require a second factor')
    : confirmed(`/users/${user.id}/require-second-factor`, 'Require a second factor', requiring)
  const used = (name: Content, added: Date, last: Date | null) => [
    ...[name, ', added ', moment(added), ', '],
    ...(last ? ['last used ', moment(last)] : ['never used']),
  ]
  const app = `Authenticator app, ${recoveryCodes.remaining} recovery codes left`
  return panel(
    'Sign-in methods',
    '',
    list(
      row('Password', password ? 'Set' : 'None'),
      row('Email', user.email ?? 'None'),
      passkeys.map((one) => row('Passkey', used(one.name, one.createdAt, one.lastUsedAt))),
      oauthAccounts.map((one) =>
        row(one.provider, used(one.label ?? 'Connected', one.createdAt, one.lastUsedAt)),
      ),
      row('Second factor', totp ? used(app, totp.createdAt, totp.lastUsedAt) : 'None'),
      requiredAt && row('Second factor required', ['From ', moment(requiredAt)]),
    ),
    totp && confirmed(`/users/${user.id}/reset-second-factors`, 'Reset second factors', resetting),
    passkeys.length > 0 &&
      confirmed(`/users/${user.id}/reset-with-passkeys`, 'Remove passkeys too', resettingAll),
    options.secondFactor.required === 'per-user' && ask,
  )
}

/** The counters of the rate limits; each purpose of mail has its own. */
function attempts({ user, attempts: { password, codes, mails } }: AccountView) {
  const counters: Readonly<Record<string, RateLimitStatus | null | undefined>> = {
    'Password attempts': password,
    'Code attempts': codes,
    'Magic links sent': mails?.magic_link,
    'Verification links sent': mails?.verify_email,
    'Reset links sent': mails?.reset_password,
    'Email change links sent': mails?.change_email,
    'Enrollment codes sent': mails?.enrollment_code,
  }
  const counted = Object.entries(counters).map(([title, status]) => {
    if (!status || (status.state !== 'locked' && status.failures === 0)) return null
    const failures = `${status.failures} in this window`
    if (status.state !== 'locked') return row(title, failures)
    const until = [failures, ', locked until ', moment(status.lockedUntil)]
    return row([title, badge('bad', 'Locked')], until)
  })
  const unlock = button(`/users/${user.id}/unlock`, 'Unlock and reset')
  return counted.every((one) => one === null)
    ? panel('Attempts', 'No attempts are counted.')
    : panel('Attempts', '', list(counted), unlock)
}

const ending = 'This signs the user out on all devices. They can sign in again.'

/** The active sessions of the user. */
function sessions({ user, sessions: active }: AccountView) {
  if (active.length === 0) return panel('Sessions', 'No active sessions.')
  const rows = active.map((session) => {
    const { name } = describeDevice(session.userAgent)
    const known = {
      'IP address': session.ip ?? 'Unknown',
      'Signed in with': capitalized(session.methods.map(methodName).join(', ')),
      'Verified by': session.level === 2 ? 'Two factors' : 'One factor',
      Created: moment(session.createdAt),
      'Last active': moment(session.lastActiveAt),
      'Expires if unused': moment(session.expiresAt),
      'Final expiry': moment(session.absoluteExpiresAt),
      'User agent': <code>{session.userAgent ?? 'None'}</code>,
    }
    const end = `/users/${user.id}/sessions/${session.id}/end`
    return row(name, facts(known), button(end, 'End', `End session of ${name}`))
  })
  const endAll = confirmed(`/users/${user.id}/end-sessions`, 'End all sessions', ending)
  return panel('Sessions', '', list(rows), endAll)
}
