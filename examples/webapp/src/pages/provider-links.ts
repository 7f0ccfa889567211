import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'

/** The links to show. */
interface ProviderLinks {
  /** The path to which a sign-in leads. */
  readonly to: string
  readonly look?: 'primary' | 'plain'
  /** The providers to show (default: all). */
  readonly only?: ReadonlySet<string>
}

/** A link to each provider that starts a sign-in there. */
export const providerLinks = (
  { site }: PageCall,
  { to, look = 'plain', only }: ProviderLinks,
): readonly Html[] =>
  site.torii.oauth
    .providers()
    .filter(({ id }) => only?.has(id) !== false)
    .map(
      ({ id, name }) =>
        html`<a class="button ${look}" href="${site.torii.options.basePath}/oauth/${id}/start?redirectTo=${encodeURIComponent(to)}">Continue with ${name}</a>`,
    )

/** The line between a form and the other sign-in methods. */
export const orElse = html`<p class="or"><span>or</span></p>`
