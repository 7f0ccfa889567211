import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageCall } from '../page.js'

/** A link per provider that starts signing in there, and ends at `to`; nothing where there are none. */
export function providerButtons({ site }: PageCall, to: string | null): Html | null {
  const providers = site.torii.oauth.providers()
  if (providers.length === 0) return null
  const query = to === null ? '' : `?redirectTo=${encodeURIComponent(to)}`
  return html`<div class="ways">
<p class="or"><span>or</span></p>
${providers.map(
  ({ name, displayName }) =>
    html`<a class="button plain" href="/auth/oauth/${name}/start${query}">Continue with ${displayName}</a>`,
)}
</div>`
}
