import type { BaseUrl } from '../../base/base-url.js'
import type { BrowserSecret } from '../../oauth-client/flow-secrets.js'

/** Binds a flow to the browser that starts it. One secret serves every tab until the last flow has ended. */
export const flowCookieName = ({ secure }: BaseUrl): string =>
  secure ? '__Host-torii-flow' : 'torii-flow'

/** `Set-Cookie` for a flow under way. Lax: the provider sends the browser back from another site. */
export function flowCookie(site: BaseUrl, browser: BrowserSecret, flowSeconds: number): string {
  const attributes = `Path=/; Max-Age=${flowSeconds}; HttpOnly; SameSite=Lax`
  return `${flowCookieName(site)}=${browser.reveal()}; ${attributes}${site.secure ? '; Secure' : ''}`
}
