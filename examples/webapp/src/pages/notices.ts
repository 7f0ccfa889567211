import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'

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
export function notice({ query }: PageCall): Html | null {
  const error = query.get('error')
  if (error !== null)
    return html`<p class="notice bad" role="alert">${errors.get(error) ?? 'Sign-in failed. Try again.'}</p>`
  const text = notices.get(query.get('notice') ?? '')
  return text === undefined ? null : html`<p class="notice" role="status">${text}</p>`
}
