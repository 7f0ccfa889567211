import { ToriiError } from 'torii-core'
import type { Page } from './page.js'

/**
 * Renders a page as HTML instead of Torii; null or undefined for Torii's own. It runs for each request. Escape every value. The
 * page of a link must contain a form that posts to `form.action` with the hidden fields of `form.fields` unchanged, or Torii shows
 * its own page and logs `page_renderer_failed`; so it does if the function throws. Torii sets status and headers.
 */
export type RenderPage = (
  page: Page,
) => string | OwnPage | null | undefined | Promise<string | OwnPage | null | undefined>

/** A page with what it loads, besides style sheets, images and fonts of this site. */
export interface OwnPage {
  readonly html: string
  /** Additions to the Content-Security-Policy: `'self'`, `'sha256-…'` or an exact https origin (default: none). */
  readonly sources?: Partial<Record<SourceKind, readonly string[]>>
}

/** What an addition to the Content-Security-Policy is for. */
export type SourceKind = 'style' | 'script' | 'image' | 'font' | 'connect'

const directives = {
  style: 'style-src',
  script: 'script-src',
  image: 'img-src',
  font: 'font-src',
  connect: 'connect-src',
} as const satisfies Record<SourceKind, string>

const kinds = [
  'style',
  'script',
  'image',
  'font',
  'connect',
] as const satisfies readonly SourceKind[]

/** No scheme, wildcard or `unsafe-…`, and nothing that begins another directive. */
const sourceForm =
  /^(?:'self'|'sha(?:256|384|512)-[A-Za-z0-9+/]{43,86}={0,2}'|https:\/\/[a-z0-9.-]+(?::\d{1,5})?)$/

/** The HTML of the application's renderer with its policy, or null for the built-in page. @throws ToriiError ERR_MISUSE */
export async function renderOwnPage(
  renderPage: RenderPage,
  page: Page,
): Promise<{ html: string; loads: string } | null> {
  const rendered = await renderPage(page)
  if (rendered === null || rendered === undefined) return null
  const { html, sources = {} } = typeof rendered === 'string' ? { html: rendered } : rendered
  if (typeof html !== 'string') throw misuse(page, 'must return HTML, { html, sources } or null')
  requireFields(page, html)
  const unknown = Object.keys(sources).find((name) => !kinds.some((kind) => kind === name))
  if (unknown !== undefined)
    throw misuse(page, `returned sources.${unknown}: name style, script, image, font or connect`)
  return { html, loads: ["default-src 'none'", ...kinds.flatMap(directiveOf)].join('; ') }

  function directiveOf(kind: SourceKind): string[] {
    const given: readonly unknown[] = sources[kind] ?? []
    const wrong = given.some((source) => typeof source !== 'string' || !sourceForm.test(source))
    if (wrong)
      throw misuse(
        page,
        `returned a wrong source in sources.${kind}: give 'self', 'sha256-…' or an exact https origin`,
      )
    // Scripts could read the token, and send it; the application must ask for each.
    const isAskedFor = kind === 'script' || kind === 'connect'
    const all = new Set([...(isAskedFor ? [] : ["'self'"]), ...given])
    return all.size === 0 ? [] : [`${directives[kind]} ${[...all].join(' ')}`]
  }
}

/** Without these a form would fail for every user. The values are secrets, so the error has only the names. */
function requireFields(page: Page, html: string): void {
  if (!('forms' in page)) return
  const [form] = page.forms
  for (const field of form?.fields ?? [])
    if (
      field.type === 'hidden' &&
      !(html.includes(field.value) && new RegExp(`\\bname=["']?${field.name}\\b`).test(html))
    )
      throw misuse(page, `left out the hidden field ${field.name}: write each of form.fields`)
  if (form !== undefined && !html.includes(form.action))
    throw misuse(page, `left out the action of the form: ${form.action}`)
}

const misuse = ({ kind }: Page, problem: string): ToriiError =>
  new ToriiError('ERR_MISUSE', `renderPage, page ${kind}: ${problem}`)
