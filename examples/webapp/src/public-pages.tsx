import type { Torii } from 'torii-auth'
import { defaults } from 'torii-auth'
import { accountPath, accountPaths, securityPath } from './account/paths.js'
import type { View } from './document.js'
import type { Content } from './parts.js'
import { action, field, form, hidden, link, notice } from './parts.js'
import type { Call, Page } from './site.js'

/** A page on the way to sign-in, between the pillars of a gate. @param later what replaces the form after a mail */
const hero = (title: string, lead: string, content: readonly Content[], later?: Content): View => ({
  title,
  content: (
    <section class="narrow hero">
      <h1 tabindex={-1}>{title}</h1>
      <p class="lead">{lead}</p>
      <div class="card stack" data-step="ask">
        {content}
      </div>
      {later}
    </section>
  ),
})

/** For guests: a signed-in user is redirected to the account. */
const forGuests =
  (page: (call: Call) => View): Page =>
  (call) =>
    call.valid === null ? page(call) : { location: accountPath }

/** A link to each provider that starts a sign-in there, which leads to a path. @param only the providers to show */
export const providerLinks = ({ oauth, options }: Torii, to: string, only?: ReadonlySet<string>) =>
  oauth.providers().map(({ id, name }) => {
    const start = `${options.basePath}/oauth/${id}/start?redirectTo=${encodeURIComponent(to)}`
    return only?.has(id) !== false && link(start, `Continue with ${name}`, 'plain')
  })

const below = (text: string, to: string, way: string) => (
  <p class="aside">{[text, link(to, way)]}</p>
)
const or = <p class="or">or</p>
const email = field('email', 'Email', { kind: 'email' })

/** The field for a new password, with its rule. */
export function newPassword({ options }: Torii, id: string, name: string, label: string) {
  const hint = `Use at least ${options.password.minLength} characters, for example several words.`
  return field(name, label, { id, kind: 'newPassword', hint })
}

export const openMailbox = link('/mailbox', 'Open development mailbox', 'primary')

/** The step after a mail was requested. The script fills in the email address, between the two parts of the text. */
const sent = (
  { mailbox }: Call,
  again: string,
  [before, after]: readonly [string, string],
  more?: Content,
) => (
  <div class="card stack" data-step="sent" hidden>
    <h2 tabindex={-1}>Check your email</h2>
    <p>{[before, <strong data-fill="email" />, after]}</p>
    {[more, mailbox && openMailbox]}
    <div class="quiet-actions">
      <p>Didn’t get it? Check your spam folder.</p>
      {action(again, 'Send again', undefined, hidden('email'))}
    </div>
  </div>
)

const home = hero('Welcome', 'Accounts and sessions in your own PostgreSQL.', [
  link('/register', 'Create account', 'primary'),
  link('/sign-in', 'Sign in', 'plain'),
])

const register = (call: Call) => {
  const lead = 'Use an email address and a password, or an account you already have.'
  const name = field('name', 'Name', { kind: 'name', optional: true })
  const password = newPassword(call.torii, 'password', 'password', 'Password')
  const links = providerLinks(call.torii, accountPath)
  const content = [
    form('register', 'Create account', {}, name, email, password),
    links.length > 0 && [or, links],
    below('Already have an account? ', '/sign-in', 'Sign in'),
  ]
  const text = [
    'We have sent a verification link to ',
    '. Open it to verify your email address.',
  ] as const
  return hero('Create your account', lead, content, sent(call, 'request-verification', text))
}

/** Sign-in with a magic link, or with the code in the same mail, for users who read mail on another device. */
const mailedLink = (call: Call) => {
  const { lifetimeSeconds, code } = call.torii.options.magicLink ?? defaults.magicLink
  const lead = 'Get a link by email and sign in without a password.'
  const typed = [
    hidden('email'),
    field('code', 'Or enter the code from the email', { kind: 'code' }),
  ]
  const use = form('type-code', 'Sign in with code', { look: 'plain', to: accountPath }, typed)
  const once = `. You can use it once, within ${Math.round(lifetimeSeconds / 60)} minutes.`
  const content = [
    form('request-link', 'Email me a link', {}, email),
    below('', '/sign-in', 'Sign in another way'),
  ]
  const later = sent(call, 'request-link', ['We have sent a magic link to ', once], code && use)
  return hero('Sign in with a magic link', lead, content, later)
}

const forgotPassword = (call: Call) => {
  const content = [
    form('request-reset', 'Email me a link', {}, email),
    below('', '/sign-in', 'Back to sign in'),
  ]
  const text = [
    'If there is an account for ',
    ', we have sent it a link to set a new password.',
  ] as const
  const later = sent(call, 'request-reset', text)
  return hero('Forgot your password?', 'We send you a link to set a new one.', content, later)
}

/** Sign-in with a password, with links to the other methods. A failed OAuth flow ends here too. */
const signIn: Page = ({ torii, query, valid }) => {
  // When connecting an account failed, the page with the accounts says so.
  const failed = query.error && `${securityPath}?error=${encodeURIComponent(query.error)}`
  if (valid !== null) return { location: failed || accountPath }
  const to = accountPaths.find((path) => path === query.to) ?? accountPath
  const hasMail = torii.options.mailer !== null
  const address = field('email', 'Email', { kind: 'email', autocomplete: 'username webauthn' })
  const password = field('password', 'Password', { kind: 'password' })
  return hero('Sign in', 'Choose a sign-in method.', [
    noticeOf(query),
    form('sign-in', 'Sign in', { to }, address, password),
    hasMail && below('', '/forgot-password', 'Forgot your password?'),
    or,
    form('sign-in-passkey', 'Sign in with passkey', { to, look: 'plain' }),
    hasMail && link('/sign-in/mail', 'Email me a link', 'plain'),
    providerLinks(torii, to),
    below('New here? ', '/register', 'Create account'),
  ])
}

/** The messages of a page to which Torii redirected the browser, by their name in the URL. */
const notices: ReadonlyMap<string, string> = new Map([
  ['ready', 'You can sign in now.'],
  ['changed', 'Your account was updated.'],
])

/** The messages of all codes with which an OAuth flow can fail; docs/errors.md lists them. */
const errors: ReadonlyMap<string, string> = new Map([
  ['invalid_token', 'This sign-in has expired or was started in another browser. Start again.'],
  ['declined', 'You canceled the sign-in at the provider. Nothing was changed.'],
  ['provider_failed', 'The provider is unavailable. Try again later.'],
  ['account_disabled', 'This account is disabled. Contact the administrator.'],
  ['already_exists', 'This provider account is already connected to another account.'],
])

/** The message that the URL names. The URL never holds the text. */
export function noticeOf({ error, notice: name = '' }: Call['query']): Content {
  if (error !== undefined) return notice('bad', errors.get(error) ?? 'Sign-in failed. Try again.')
  return notices.has(name) && notice('good', notices.get(name))
}

/** The pages on the way to sign-in, by path. */
export const publicPages: Readonly<Record<string, Page>> = {
  '/': forGuests(() => home),
  '/register': forGuests(register),
  '/sign-in': signIn,
  '/sign-in/mail': forGuests(mailedLink),
  '/forgot-password': forGuests(forgotPassword),
}
