import { maskAddress } from '../../mail/masked-email.js'
import { escapeHtml } from '../../mail/text.js'
import type { LinkPurpose } from '../../services/links/link-token.js'
import type { PageParts } from './page.js'

/** The texts of the page that a link in a mail opens. */
interface LandingTexts {
  readonly heading: string
  /** The text before the email address of the account. */
  readonly introduction: string
  readonly button: string
  /** The password field, where the page has one. */
  readonly password: PasswordField | null
}

/** A password field: its name in the form, and its label. */
interface PasswordField {
  readonly name: 'password' | 'newPassword'
  readonly label: string
  readonly autocomplete: string
}

const newPassword = (name: PasswordField['name']): PasswordField => ({
  name,
  label: 'New password',
  autocomplete: 'new-password',
})

const texts: Readonly<Record<LinkPurpose, LandingTexts>> = {
  magic_link: {
    heading: 'Sign in',
    introduction: 'Sign in as',
    button: 'Sign in',
    password: null,
  },
  verify_email: {
    heading: 'Verify your email address',
    introduction: 'Verify the email address',
    button: 'Verify email address',
    password: { name: 'password', label: 'Your password', autocomplete: 'current-password' },
  },
  reset_password: {
    heading: 'Set a new password',
    introduction: 'Set a new password for',
    button: 'Set password',
    password: newPassword('password'),
  },
  change_email: {
    heading: 'Change your email address',
    introduction: 'Your email address will change to',
    button: 'Change email address',
    password: null,
  },
}

/** The content of the page of a valid link. */
export interface Landing {
  readonly appName: string
  readonly purpose: LinkPurpose
  readonly token: string
  /** The nonce of the browser, which the form sends back together with the landing cookie. */
  readonly nonce: string
  /** The path that the form posts to. */
  readonly action: string
  readonly email: string
  /** The email address that `email` replaces, if there is one. */
  readonly formerEmail: string | null
  /** The error of the form that was just posted; null on the first visit. */
  readonly error: string | null
}

/** Renders the page of a valid link: its purpose, and a button that uses it. Opening the page does not use the link. */
export function renderLanding(landing: Landing): PageParts {
  const { appName, purpose, token, nonce, action, email, formerEmail, error } = landing
  const { heading, introduction, button } = texts[purpose]
  const strong = (text: string) => `<strong>${escapeHtml(text)}</strong>`
  // A link that an attacker has put into this browser would sign in to the attacker's account: the user must see it.
  const subject =
    formerEmail === null
      ? `${introduction} ${strong(email)}`
      : `Your email address will change<br>from ${strong(maskAddress(formerEmail))}<br>to ${strong(email)}`
  const form = (password: PasswordField | null, label: string) =>
    `<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="token" value="${escapeHtml(token)}">
<input type="hidden" name="nonce" value="${escapeHtml(nonce)}">
${password === null ? '' : passwordField(password)}
${purpose === 'reset_password' ? otherSignInMethods : ''}
<button type="submit">${escapeHtml(label)}</button>
</form>`
  const { password } = texts[purpose]
  const content = `<p>${subject}</p>
${error === null ? '' : `<p class="bad" role="alert">${escapeHtml(error)}</p>`}
${form(password, button)}
${purpose === 'verify_email' ? secondStep(form(newPassword('newPassword'), 'Set password and verify')) : ''}
<p class="quiet">If you did not request this, close this page. Nothing has changed.</p>`
  return { appName, heading, content, togglesPasswords: password !== null }
}

/**
 * A new password replaces the account's and removes what was added to the account before, so it is a step of its own: a
 * typing mistake in the first form changes nothing.
 */
const secondStep = (form: string): string =>
  `<details>
<summary>Forgot your password, or never set one?</summary>
<p class="quiet">Your new password replaces the current one. Passkeys, linked accounts and sessions that were added before you verified your email address are removed.</p>
${form}
</details>`

function passwordField({ name, label, autocomplete }: PasswordField): string {
  const id = name === 'password' ? 'password' : 'new-password'
  return `<label for="${id}">${escapeHtml(label)}</label>
<div class="secret">
<input id="${id}" name="${name}" type="password" autocomplete="${autocomplete}" maxlength="256" required>
<button type="button" hidden data-toggles="${id}" aria-controls="${id}" aria-label="Show password">Show</button>
</div>`
}

/** For an account that an attacker has used, who may have added a sign-in method. */
const otherSignInMethods = `<p><label><input type="checkbox" name="removeOtherSignInMethods" value="true"> Remove all passkeys and linked accounts</label></p>
<p class="quiet">Choose this if someone else may have used your account.</p>`

/** The same page for unknown, used and expired links. */
export const renderExpiredLink = (appName: string): PageParts => ({
  appName,
  heading: 'This link is no longer valid',
  content: `<p>It has expired or was already used. Request a new link.</p>
<p><a href="/">Back to ${escapeHtml(appName)}</a></p>`,
})
