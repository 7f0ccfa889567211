import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'

/** What a page says after Torii sent the browser to it, by the name in the address. */
const notices: ReadonlyMap<string, string> = new Map([
  ['ready', 'Done. You can sign in now.'],
  ['changed', 'Done. Your account is up to date.'],
])

/** Every code that a provider's flow ends with; docs/errors.md has the list. */
const errors: ReadonlyMap<string, string> = new Map([
  ['invalid_token', 'That took too long, or it was begun in another browser. Please start again.'],
  ['declined', 'You declined at the provider. Nothing was done.'],
  [
    'provider_failed',
    'The provider cannot be reached at the moment, or its answer made no sense. Try again shortly.',
  ],
  ['account_disabled', 'This account is disabled. Ask whoever runs this site.'],
  ['already_exists', 'That account at the provider already belongs to an account here.'],
])

/** What the address says has happened. Texts come from the lists above, never from the address. */
export function notice({ query }: PageCall): Html | null {
  const error = query.get('error')
  if (error !== null)
    return html`<p class="notice bad" role="alert">${errors.get(error) ?? 'That did not work. Please try again.'}</p>`
  const text = notices.get(query.get('notice') ?? '')
  return text === undefined ? null : html`<p class="notice" role="status">${text}</p>`
}
