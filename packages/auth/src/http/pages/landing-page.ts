import { maskAddress } from '../../mail/masked-email.js'
import { escapeHtml } from '../../mail/text.js'
import type { LinkPurpose } from '../../services/links/link-token.js'
import type { PageParts } from './page.js'

/** The texts of the page that a link in a mail opens. */
interface LandingTexts {
  readonly heading: string
  /** The text before the masked email address of the account. */
  readonly introduction: string
  readonly button: string
  /** The password field, where the page has one. */
  readonly password: { readonly label: string; readonly autocomplete: string } | null
}

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
    password: { label: 'Your password', autocomplete: 'current-password' },
  },
  reset_password: {
    heading: 'Set a new password',
    introduction: 'Set a new password for',
    button: 'Set password',
    password: { label: 'New password', autocomplete: 'new-password' },
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
  const { appName, purpose, token, action, email, formerEmail, error } = landing
  const { heading, introduction, button } = texts[purpose]
  const address = (text: string) => `<strong>${escapeHtml(maskAddress(text))}</strong>`
  const subject =
    formerEmail === null
      ? `${introduction} ${address(email)}`
      : `Your email address will change<br>from ${address(formerEmail)}<br>to ${address(email)}`
  const content = `<p>${subject}</p>
${error === null ? '' : `<p class="bad" role="alert">${escapeHtml(error)}</p>`}
<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="token" value="${escapeHtml(token)}">
${passwordField(purpose)}
<button type="submit">${escapeHtml(button)}</button>
</form>
<p class="quiet">${purpose === 'verify_email' ? 'If you forgot your password, leave it empty. You can set a new one afterwards. ' : ''}If you did not request this, close this page. Nothing has changed.</p>`
  return { appName, heading, content }
}

function passwordField(purpose: LinkPurpose): string {
  const { password } = texts[purpose]
  if (password === null) return ''
  const required = purpose === 'reset_password' ? ' required' : ''
  return `<label for="password">${escapeHtml(password.label)}</label>
<input id="password" name="password" type="password" autocomplete="${password.autocomplete}" maxlength="256"${required}>`
}

/** The same page for unknown, used and expired links. */
export const renderExpiredLink = (appName: string): PageParts => ({
  appName,
  heading: 'This link is no longer valid',
  content: `<p>It has expired, was already used, or was replaced by a newer one. Request a new link.</p>
<p><a href="/">Back to ${escapeHtml(appName)}</a></p>`,
})
