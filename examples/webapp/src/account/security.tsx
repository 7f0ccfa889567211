import { describeDevice } from '../device.js'
import {
  action,
  ask,
  badge,
  dialog,
  field,
  form,
  group,
  hidden,
  list,
  muted,
  openButton,
  panel,
  relative,
  row,
} from '../parts.js'
import { newPassword, openMailbox } from '../public-pages.js'
import type { AccountCall } from './account.js'
import { passwordOwner } from './reauthentication.js'

/** The email address, the sign-in methods and the second factor. */
export const security = (call: AccountCall) =>
  [email, password, passkeys, secondFactor, connected].map((show) => show(call))

/** The email address of the account: whether it is verified, and how to change it. */
function email({ torii, mailbox, valid: { user } }: AccountCall) {
  const { email: address, emailVerifiedAt } = user
  const hasMail = torii.options.mailer !== null
  const isOpen = address !== null && emailVerifiedAt === null
  const state = isOpen ? badge('wait', 'Not verified') : badge('good', 'Verified')
  const open = address === null ? 'Add' : 'Change'
  const title = `${open} email address`
  return panel(
    ...(['email-address', 'Email address'] as const),
    hasMail
      ? 'We use it to contact you and to recover your account.'
      : 'This site sends no email, so you cannot verify or change your email address.',
    list(
      row(
        [address ?? 'No email address', address !== null && state],
        null,
        hasMail &&
          isOpen &&
          action('request-own-verification', 'Verify', undefined, hidden('email', address)),
        hasMail && openButton('change-email', open, title),
      ),
    ),
    hasMail && changeEmail(title, mailbox !== null),
  )
}

const changeEmail = (title: string, hasMailbox: boolean) => {
  const input = field('email', 'New email address', {
    id: 'new-email',
    kind: 'email',
    autocomplete: 'email',
  })
  const content = [
    <div data-step="ask">
      {muted(
        'We send a link to the new email address. Open it in this browser. Your other sessions will end.',
      )}
      {form('change-email', 'Send link', {}, input)}
    </div>,
    <div {...{ 'data-step': 'sent', class: 'stack', hidden: true }}>
      <h3 tabindex={-1}>Check your email</h3>
      <p>
        If <strong data-fill="email" /> is available, we have sent a link to it. Nothing changes
        until you open the link.
      </p>
      {hasMailbox && openMailbox}
    </div>,
  ]
  return dialog('change-email', title, content, 'Close')
}

/** Forms to set, change and remove the password. */
function password({ torii, methods, valid: { user } }: AccountCall) {
  const owner = passwordOwner(user.email)
  const set = { open: 'Set password', title: 'Set password', button: 'Save password' }
  const change = { open: 'Change', title: 'Change password', button: 'Change password' }
  const remove = { open: 'Remove', title: 'Remove password?', danger: true }
  const current = field('currentPassword', 'Current password', {
    id: 'current-password',
    kind: 'password',
  })
  const ending = 'This signs you out of your other sessions.'
  const losing = 'You can then only use your other sign-in methods.'
  return methods.password
    ? panel(
        ...([
          'password',
          'Password',
          'You can sign in with your email address and password.',
        ] as const),
        group(
          'row-actions',
          ask(
            'change-password',
            { ...change, note: ending },
            owner,
            current,
            newPassword(torii, 'new-password'),
          ),
          ask('remove-password', { ...remove, note: losing }),
        ),
      )
    : panel(
        ...(['password', 'Password'] as const),
        'You sign in without a password. You can add one as another sign-in method.',
        ask('set-password', set, owner, newPassword(torii, 'first-password')),
      )
}

/** The passkeys, and forms to add, rename and delete them. */
function passkeys({ methods, valid, now }: AccountCall) {
  const adding = { open: 'Add passkey', title: 'Add passkey', button: 'Continue' }
  const note = 'Your browser will ask for your screen lock or a security key.'
  const device = describeDevice(valid.session.userAgent).name
  const nameField = (id: string, value: string) => field('name', 'Name', { id, value })
  const deleting = 'You can no longer sign in with this passkey. Delete it on your device too.'
  const rows = methods.passkeys.map(({ id, name, createdAt, lastUsedAt: used }) => {
    const added = ['Added ', relative(createdAt, now)]
    const rename = { id: `rename-${id}`, open: 'Rename', title: `Rename ${name}`, button: 'Save' }
    const remove = { id: `delete-${id}`, open: 'Delete', title: `Delete ${name}?`, danger: true }
    return row(
      name,
      [added, used ? [', last used ', relative(used, now)] : ', not used yet'],
      ask('rename-passkey', rename, hidden('id', id), nameField(`name-${id}`, name)),
      ask('delete-passkey', { ...remove, note: deleting }, hidden('id', id)),
    )
  })
  return panel(
    ...(['passkeys', 'Passkeys'] as const),
    'Sign in with your fingerprint, face, screen lock or a security key.',
    rows.length > 0 && list(rows),
    ask('add-passkey', { ...adding, note }, nameField('passkey-name', device)),
  )
}

/** Fewer than this many recovery codes are pointed out. */
const fewRecoveryCodes = 4

/** The authenticator app and the recovery codes, and forms to turn them on and off. */
function secondFactor({ methods: { secondFactors }, now }: AccountCall) {
  const { totp, recoveryCodes } = secondFactors
  const name = 'Two-factor authentication'
  const turnOn = `Turn on two-factor authentication`
  if (totp === null)
    return panel(
      ...(['second-factor', name] as const),
      'Protect your account with a second step: after signing in, you also enter a code from an app on your phone.',
      action('start-totp', 'Turn on', turnOn),
      ...[enrollDialog, recoveryCodesDialog],
    )
  const { createdAt, lastUsedAt: used } = totp
  const { remaining } = recoveryCodes
  const replace = { open: 'Create new codes', title: 'Create new codes?' }
  const remove = { open: 'Turn off', title: 'Turn off two-factor authentication?', danger: true }
  return panel(
    ...(['second-factor', name] as const),
    'After signing in, you also enter a code from your authenticator app. A passkey needs no code.',
    list(
      row(
        ['Authenticator app', badge('good', 'On')],
        ['Added ', relative(createdAt, now), used && [', last used ', relative(used, now)]],
        action('start-totp', 'Replace', 'Replace authenticator app'),
      ),
      row(
        ['Recovery codes', remaining < fewRecoveryCodes && badge('wait', 'Create new ones')],
        `${remaining} of 10 left. Each signs you in once without the app.`,
        ask('replace-recovery-codes', {
          ...replace,
          note: 'Your present recovery codes stop working.',
        }),
      ),
    ),
    ask('remove-totp', {
      ...remove,
      note: 'Signing in asks for one step only. Your recovery codes are deleted, and your other sessions end. Delete the entry in your app too.',
    }),
    ...[enrollDialog, recoveryCodesDialog],
  )
}

const enrollDialog = dialog('enroll-totp', 'Set up your authenticator app', [
  muted('Scan the QR code with an app such as Aegis or your password manager, or type the key.'),
  <img class="qr" data-fill="qr" alt="QR code for your authenticator app" />,
  <p class="key">{['Key ', <code data-fill="secret" />]}</p>,
  form(
    ...(['confirm-totp', 'Turn on', {}] as const),
    muted('Your other sessions will end.'),
    field('code', 'Code that the app shows', { id: 'first-code', kind: 'code' }),
  ),
])

/** Shows recovery codes, the only time that they can be read. */
const recoveryCodesDialog = dialog(
  ...(['recovery-codes', 'Your recovery codes'] as const),
  [
    muted(
      'Keep them where you find them without your phone: each signs you in once if you lose the app. They are shown only now.',
    ),
    <pre {...{ 'data-fill': 'codes', tabindex: 0, 'aria-label': 'Recovery codes' }} />,
    group(
      'row-actions even',
      ['Copy', 'Download', 'Print'].map((text) => (
        <button {...{ type: 'button', class: 'button plain', 'data-codes': text }}>{text}</button>
      )),
    ),
  ],
  ...(['I have kept them', true] as const),
)

/** The linked accounts, and the providers that are not linked yet; null without both. */
function connected({ torii, methods: { oauthAccounts }, now }: AccountCall) {
  const names = new Map(torii.oauth.providers().map(({ id, name }) => [id, name]))
  const linked = oauthAccounts.map(({ id, provider, label, lastUsedAt }) => {
    const name = names.get(provider) ?? provider
    return row(
      [name, badge('good', 'Connected')],
      [label && `${label}, `, 'last used ', relative(lastUsedAt, now)],
      action('unlink-account', 'Disconnect', `Disconnect ${name}`, hidden('id', id)),
    )
  })
  for (const { provider } of oauthAccounts) names.delete(provider)
  const open = [...names].map(([id, name]) =>
    row(name, null, action('link-account', 'Connect', `Connect ${name}`, hidden('provider', id))),
  )
  if (linked.length + open.length === 0) return null
  const lead = 'Sign in with your accounts at other services.'
  return panel('connected', 'Connected accounts', lead, list(linked, open))
}
