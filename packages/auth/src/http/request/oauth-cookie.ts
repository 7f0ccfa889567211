import type { BaseUrl } from '../../base/base-url.js'
import type { BrowserSecret } from '../../oauth-client/flow-secrets.js'
import { setCookie } from './cookie.js'

/** Binds an OAuth flow to the browser that starts it. All tabs share one secret until the last flow ends. */
export const flowCookieName = ({ secure }: BaseUrl): string =>
  secure ? '__Host-torii-flow' : 'torii-flow'

/** `Set-Cookie` for a started flow. */
export const flowCookie = (site: BaseUrl, browser: BrowserSecret, flowSeconds: number): string =>
  setCookie(site, { name: flowCookieName(site), value: browser.reveal(), seconds: flowSeconds })
