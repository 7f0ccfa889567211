import { dialog, field, form, group, hidden, muted } from '../parts.js'
import { providerLinks } from '../public-pages.js'
import type { AccountCall } from './account.js'

const plain = { look: 'plain' } as const

/**
 * The dialog for re-authentication, with what the user has: a code or a passkey where there is a second factor, else the
 * sign-in methods. After a code, a password or a passkey the operation continues. With a provider or a magic link the user
 * signs in again and repeats the operation.
 */
export function reauthenticationDialog(call: AccountCall) {
  const { hasSecondFactor, user } = call.valid
  const { password, passkeys } = call.methods
  const inPlace = hasSecondFactor || password || passkeys.length > 0
  const required = `This action requires a recent ${hasSecondFactor ? 'code' : 'sign-in'}.`
  return dialog('reauthenticate', 'Confirm your identity', [
    muted(inPlace ? required : `${required} Sign in again, then repeat it.`),
    hasSecondFactor ? codes : password && passwordForm(user.email),
    passkeys.length > 0 && form('reauthenticate-passkey', 'Use passkey', plain),
    !inPlace && signInAgain(call),
  ])
}

/** The email address of a form of passwords, under which password managers store the password. */
export const passwordOwner = (email: string | null) => (
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: its tabindex keeps it from the focus
  <input
    class="unseen"
    type="email"
    name="username"
    autocomplete="username"
    value={email ?? ''}
    aria-hidden="true"
    tabindex={-1}
    readonly
  />
)

const passwordForm = (email: string | null) => {
  const input = field('password', 'Password', { id: 'reauthenticate-password', kind: 'password' })
  return form('reauthenticate-password', 'Confirm', {}, passwordOwner(email), input)
}

const app = { id: 'reauthenticate-code', kind: 'code' } as const
const recovery = field('recoveryCode', 'Recovery code', { id: 'reauthenticate-recovery-code' })
const codes = [
  form(
    'reauthenticate-code',
    'Confirm',
    {},
    field('code', 'Code from your authenticator app', app),
  ),
  <details>
    <summary>No access to your authenticator app?</summary>
    {form('reauthenticate-recovery-code', 'Use recovery code', plain, recovery)}
  </details>,
]

function signInAgain({ torii, path, valid, methods }: AccountCall) {
  const linked = new Set(methods.oauthAccounts.map(({ provider }) => provider))
  const { email } = valid.user
  const hasMail = torii.options.mailer !== null && email !== null
  const byMail =
    hasMail && form('request-own-link', 'Email me a link', plain, hidden('email', email))
  return group('stack', providerLinks(torii, path, linked), byMail)
}
