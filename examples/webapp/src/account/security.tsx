import type { FoundSecondFactors, TrustedBrowser } from 'torii-auth'
import { describeDevice } from '../device.js'
import * as p from '../parts.js'
import { newPassword, openMailbox } from '../public-pages.js'
import type { AccountCall } from './account.js'
import { passwordOwner } from './reauthentication.js'

/** The email address, the sign-in methods and the second factor. */
export async function security(call: AccountCall) {
  const { secondFactors } = call.torii
  const [found, browsers] = await Promise.all([
    secondFactors.find(call.valid),
    secondFactors.listTrustedBrowsers(call.valid),
  ])
  const factors = [secondFactor(call, found), trustedBrowsers(call, browsers)]
  return [email(call), password(call), passkeys(call), factors, connected(call)]
}

/** The email address of the account: whether it is verified, and how to change it. */
function email({ torii, mailbox, valid: { user } }: AccountCall) {
  const { email: address, emailVerifiedAt } = user
  const hasMail = torii.options.mailer !== null
  const lead = hasMail
    ? 'We use it to contact you and to recover your account.'
    : 'This site sends no email, so you cannot verify or change your email address.'
  if (address === null) {
    const title = 'Add email address'
    const none = p.row(
      'No email address',
      null,
      hasMail && p.openButton('change-email', 'Add', title),
    )
    return p.panel(
      'Email address',
      lead,
      p.list(none),
      hasMail && changeEmail(title, mailbox !== null),
    )
  }
  const isOpen = emailVerifiedAt === null
  const state = isOpen ? p.badge('wait', 'Not verified') : p.badge('good', 'Verified')
  const verify = p.action(
    'request-own-verification',
    'Verify',
    undefined,
    p.hidden('email', address),
  )
  const title = 'Change email address'
  const change = p.openButton('change-email', 'Change', title)
  const row = p.row([address, state], null, hasMail && isOpen && verify, hasMail && change)
  return p.panel(
    'Email address',
    lead,
    p.list(row),
    hasMail && changeEmail(title, mailbox !== null),
  )
}

function changeEmail(title: string, hasMailbox: boolean) {
  const options = { id: 'new-email', kind: 'email', autocomplete: 'email' } as const
  const note =
    'We send a link to the new email address. Open it in this browser. Your other sessions will end.'
  const content = [
    <div data-step="ask">
      {p.muted(note)}
      {p.form('change-email', 'Send link', {}, p.field('email', 'New email address', options))}
    </div>,
    <div data-step="sent" class="stack" hidden>
      <h3 tabindex={-1}>Check your email</h3>
      <p>
        If <strong data-fill="email" /> is available, we have sent a link to it. Nothing changes
        until you open the link.
      </p>
      {hasMailbox && openMailbox}
    </div>,
  ]
  return p.dialog('change-email', title, content, 'Close')
}

/** Forms to set, change and remove the password. */
function password({ torii, methods, valid: { user } }: AccountCall) {
  const owner = passwordOwner(user.email)
  const next = (id: string) => newPassword(torii, id, 'newPassword', 'New password')
  if (!methods.password) {
    const lead = 'You sign in without a password. You can add one as another sign-in method.'
    const set = { open: 'Set password', title: 'Set password', button: 'Save password' }
    return p.panel('Password', lead, p.ask('set-password', set, owner, next('first-password')))
  }
  const options = { id: 'current-password', kind: 'password' } as const
  const current = p.field('currentPassword', 'Current password', options)
  const change = { open: 'Change', title: 'Change password', button: 'Change password' }
  const ending = { note: 'This signs you out of your other sessions.' }
  const remove = { open: 'Remove', title: 'Remove password?', danger: true }
  const losing = { note: 'You can then only use your other sign-in methods.' }
  const buttons = [
    p.ask('change-password', { ...change, ...ending }, owner, current, next('new-password')),
    p.ask('remove-password', { ...remove, ...losing }),
  ]
  const lead = 'You can sign in with your email address and password.'
  return p.panel('Password', lead, p.group('row-actions', buttons))
}

/** The passkeys, and forms to add, rename and delete them. */
function passkeys({ methods, valid, now }: AccountCall) {
  const lead = 'Sign in with your fingerprint, face, screen lock or a security key.'
  const adding = { open: 'Add passkey', title: 'Add passkey', button: 'Continue' }
  const note = 'Your browser will ask for your screen lock or a security key.'
  const device = describeDevice(valid.session.userAgent).name
  const named = (id: string, value: string) => p.field('name', 'Name', { id, value })
  const losing = 'You can no longer sign in with this passkey. Delete it on your device too.'
  const rows = methods.passkeys.map(({ id, name, createdAt, lastUsedAt: used }) => {
    const last = used ? [', last used ', p.relative(used, now)] : ', not used yet'
    const rename = { id: `rename-${id}`, open: 'Rename', title: `Rename ${name}`, button: 'Save' }
    const remove = { id: `delete-${id}`, open: 'Delete', title: `Delete ${name}?`, danger: true }
    return p.row(
      name,
      ['Added ', p.relative(createdAt, now), last],
      p.ask('rename-passkey', rename, p.hidden('id', id), named(`name-${id}`, name)),
      p.ask('delete-passkey', { ...remove, note: losing }, p.hidden('id', id)),
    )
  })
  const add = p.ask('add-passkey', { ...adding, note }, named('passkey-name', device))
  return p.panel('Passkeys', lead, rows.length > 0 && p.list(rows), add)
}

/** Fewer than this many recovery codes are pointed out. */
const fewRecoveryCodes = 4

/** The authenticator app and the recovery codes, and forms to turn them on and off. */
function secondFactor({ methods, now }: AccountCall, found: FoundSecondFactors) {
  const { totp, recoveryCodes, required } = found
  // A passkey is a second factor too.
  const needed = methods.passkeys.length === 0 ? required : null
  const title = 'Two-factor authentication'
  const start = (text: string, label: string) => p.action('start-totp', text, label)
  if (totp === null) {
    const lead =
      'Protect your account with a second step: after signing in, you also enter a code from an app on your phone.'
    const turnOn = start('Turn on', 'Turn on two-factor authentication')
    const end = needed?.graceEndsAt
    const then = end ? `Set it up until ${p.day(end)}. After that, you` : 'You'
    const missing = ['Required', p.badge('wait', 'Not set up')]
    const due = needed && p.list(p.row(missing, `${then} need it to sign in.`))
    return p.panel(title, lead, due, turnOn, enrollDialog, recoveryCodesDialog)
  }
  const lead =
    'After signing in, you also enter a code from your authenticator app. A passkey needs no code.'
  const { createdAt, lastUsedAt: used } = totp
  const { remaining } = recoveryCodes
  const last = used && [', last used ', p.relative(used, now)]
  const few = remaining < fewRecoveryCodes && p.badge('wait', 'Create new ones')
  const note = 'Your present recovery codes stop working.'
  const replace = { open: 'Create new codes', title: 'Create new codes?', note }
  const remove = { open: 'Turn off', title: 'Turn off two-factor authentication?', danger: true }
  const losing =
    'Signing in asks for one step only. Your recovery codes are deleted, and your other sessions end. Delete the entry in your app too.'
  const rows = p.list(
    p.row(
      ['Authenticator app', p.badge('good', 'On')],
      ['Added ', p.relative(createdAt, now), last],
      start('Replace', 'Replace authenticator app'),
    ),
    p.row(
      ['Recovery codes', few],
      `${remaining} of 10 left. Each signs you in once without the app.`,
      p.ask('replace-recovery-codes', replace),
    ),
  )
  const turnOff =
    needed?.graceEndsAt === null
      ? p.muted('Your account needs it, so you cannot turn it off.')
      : p.ask('remove-totp', { ...remove, note: losing })
  return p.panel(title, lead, rows, turnOff, enrollDialog, recoveryCodesDialog)
}

const scan = 'Scan the QR code with an app such as Aegis or your password manager, or type the key.'
const firstCode = p.field('code', 'Code that the app shows', { id: 'first-code', kind: 'code' })

const enrollDialog = p.dialog('enroll-totp', 'Set up your authenticator app', [
  p.muted(scan),
  <img class="qr" data-fill="qr" alt="QR code for your authenticator app" />,
  <p class="key">{['Key ', <code data-fill="secret" />]}</p>,
  p.form('confirm-totp', 'Turn on', {}, p.muted('Your other sessions will end.'), firstCode),
])

const keep =
  'Keep them where you find them without your phone: each signs you in once if you lose the app. They are shown only now.'
const keeping = ['Copy', 'Download', 'Print'].map((text) => (
  <button type="button" class="button plain" data-codes={text}>
    {text}
  </button>
))
const codes = <pre data-fill="codes" tabindex={0} />

/** Shows recovery codes, the only time that they can be read. */
const shown = [p.muted(keep), codes, p.group('row-actions even', keeping)]
const recoveryCodesDialog = p.dialog(
  'recovery-codes',
  'Your recovery codes',
  shown,
  'I have kept them',
  true,
)

/** The browsers that sign in without the second step, and forms to remove them; null where the site or the user has none. */
function trustedBrowsers(
  { torii, methods, now }: AccountCall,
  browsers: readonly TrustedBrowser[],
) {
  const { trustedBrowsers: option } = torii.options.secondFactor
  if (option === false || methods.secondFactors.totp === null) return null
  const lead = `You sign in there without the second step for ${option.days} days. To trust a browser, check “Trust this browser” where you enter the code.`
  const rows = browsers.map(({ id, userAgent, createdAt, lastUsedAt: used, expiresAt }) => {
    const { name } = describeDevice(userAgent)
    const last = used ? [', last used ', p.relative(used, now)] : ', not used yet'
    const note = ['Trusted ', p.relative(createdAt, now), last]
    const ends = [', ends ', p.relative(expiresAt, now, true)]
    const remove = p.action(
      'remove-trusted-browser',
      'Remove',
      `Remove ${name}`,
      p.hidden('id', id),
    )
    return p.row(name, [note, ends], remove)
  })
  const all = rows.length > 1 && p.action('remove-trusted-browsers', 'Remove all')
  return p.panel('Trusted browsers', lead, rows.length > 0 && p.list(rows), all)
}

/** The linked accounts, and the providers that are not linked yet; null without both. */
function connected({ torii, methods: { oauthAccounts }, now }: AccountCall) {
  const names = new Map(torii.oauth.providers().map(({ id, name }) => [id, name]))
  const linked = oauthAccounts.map(({ id, provider, label, lastUsedAt }) => {
    const name = names.get(provider) ?? provider
    const note = [label && `${label}, `, 'last used ', p.relative(lastUsedAt, now)]
    const unlink = p.action(
      'unlink-account',
      'Disconnect',
      `Disconnect ${name}`,
      p.hidden('id', id),
    )
    return p.row([name, p.badge('good', 'Connected')], note, unlink)
  })
  for (const { provider } of oauthAccounts) names.delete(provider)
  const open = [...names].map(([id, name]) => {
    const provider = p.hidden('provider', id)
    return p.row(name, null, p.action('link-account', 'Connect', `Connect ${name}`, provider))
  })
  if (linked.length + open.length === 0) return null
  const lead = 'Sign in with your accounts at other services.'
  return p.panel('Connected accounts', lead, p.list(linked, open))
}
