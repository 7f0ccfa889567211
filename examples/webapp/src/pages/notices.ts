import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'

/** What a page says after Torii sent the browser to it, by the name in the address. */
const notices: ReadonlyMap<string, string> = new Map([
  ['ready', 'You can sign in now.'],
  ['changed', 'Your account was updated.'],
])

/** Every code that a provider's flow ends with; docs/errors.md has the list. */
const errors: ReadonlyMap<string, string> = new Map([
  ['invalid_token', 'This sign-in has expired or was started in another browser. Start again.'],
  ['declined', 'You canceled the sign-in at the provider. Nothing was changed.'],
  ['provider_failed', 'The provider is unavailable. Try again later.'],
  ['account_disabled', 'This account is disabled. Contact the administrator.'],
  ['already_exists', 'This provider account is already connected to another account.'],
])

/** What the address says has happened. Texts come from the lists above, never from the address. */
export function notice({ query }: PageCall): Html | null {
  const error = query.get('error')
  if (error !== null)
    return html`<p class="notice bad" role="alert">${errors.get(error) ?? 'Sign-in failed. Try again.'}</p>`
  const text = notices.get(query.get('notice') ?? '')
  return text === undefined ? null : html`<p class="notice" role="status">${text}</p>`
}
