import { createHash } from 'node:crypto'
import type { Log } from '../../services/options/log.js'
import { hasPasskeyButton, renderBuiltInPage, scriptsOf } from './built-in-page.js'
import { style } from './built-in-style.js'
import type { Look } from './look.js'
import { imageSources } from './look.js'
import type { RenderPage } from './own-renderer.js'
import { renderOwnPage } from './own-renderer.js'
import type { Page } from './page.js'

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')

/**
 * A page must not be framed. The referrer stays within the site: with no referrer at all, browsers would send the form with
 * `Origin: null`. @see OWASP ASVS 5.0, 3.4.3, 3.4.5
 */
const pageHeaders: Readonly<Record<string, string>> = Object.freeze({
  'content-type': 'text/html; charset=utf-8',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
  vary: 'accept-language',
})

/** What the pages of a handler have in common. */
export interface PageDesign {
  readonly look: Look
  readonly renderPage: RenderPage | null
  /** Other origins to which a form may lead: browsers apply `form-action` to its redirect too. */
  readonly leadsTo: readonly string[]
  readonly log: Log
}

/** Responds with a page. */
export type ShowPage = (status: number, page: Page) => Promise<Response>

/** Creates the function that shows pages: by the application's renderer if there is one, else as Torii does. */
export const createShowPage =
  ({ look, renderPage, leadsTo, log }: PageDesign): ShowPage =>
  async (status, page) => {
    const own = renderPage === null ? null : await renderOwn(renderPage, page, log)
    const { html, loads } = own ?? {
      html: renderBuiltInPage(page, look),
      loads: loadsOf(page, look),
    }
    const formAction = ["form-action 'self'", ...('forms' in page ? leadsTo : [])].join(' ')
    const policy = `${loads}; ${formAction}; base-uri 'none'; frame-ancestors 'none'`
    return new Response(html, {
      status,
      headers: { ...pageHeaders, 'content-security-policy': policy },
    })
  }

/** A user who follows a link must not suffer from a fault of the renderer: the log has it, and the built-in page works. */
async function renderOwn(renderPage: RenderPage, page: Page, log: Log) {
  try {
    return await renderOwnPage(renderPage, page)
  } catch (error) {
    log({ level: 'error', event: 'page_renderer_failed', page: page.kind, error })
    return null
  }
}

const styleSource = `'sha256-${hashOf(style)}'`
const sourceOf = (script: string) => `'sha256-${hashOf(script)}'`

/**
 * The built-in page loads nothing but what the option `look` names, and runs no script but those of its password fields and its
 * button for a passkey.
 */
function loadsOf(page: Page, look: Look): string {
  const scripts = scriptsOf(page)
  const hasSheet = look.stylesheet !== null
  const images = new Set([...imageSources(look), ...(hasSheet ? ["'self'"] : [])])
  return [
    "default-src 'none'",
    `style-src ${styleSource}${hasSheet ? " 'self'" : ''}`,
    ...(images.size === 0 ? [] : [`img-src ${[...images].join(' ')}`]),
    ...(hasSheet ? ["font-src 'self'"] : []),
    ...(scripts.length > 0 ? [`script-src ${scripts.map(sourceOf).join(' ')}`] : []),
    ...(hasPasskeyButton(page) ? ["connect-src 'self'"] : []),
  ].join('; ')
}
