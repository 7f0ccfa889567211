import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'

/** What a list of links to providers is asked with. */
interface ProviderLinks {
  /** The path where the flow ends. */
  readonly to: string
  readonly look?: 'primary' | 'plain'
  /** The providers to show (default: every one). */
  readonly only?: ReadonlySet<string>
}

/** A link for each provider that starts signing in there. */
export const providerLinks = (
  { site }: PageCall,
  { to, look = 'plain', only }: ProviderLinks,
): readonly Html[] =>
  site.torii.oauth
    .providers()
    .filter(({ name }) => only?.has(name) !== false)
    .map(
      ({ name, displayName }) =>
        html`<a class="button ${look}" href="/auth/oauth/${name}/start?redirectTo=${encodeURIComponent(to)}">Continue with ${displayName}</a>`,
    )

/** The line between a form and the other ways in. */
export const orElse = html`<p class="or"><span>or</span></p>`
