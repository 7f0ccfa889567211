import type { Html } from '../html.js'
import { html } from '../html.js'

/** How many previous pages the URL remembers. Further back there is only the first page. */
const maxPagesBack = 20

/** The cursor of a page: the `next` of the previous page, absent for the first page. */
export function cursorOf(query: URLSearchParams): { after?: string } {
  const after = query.getAll('after').at(-1)
  return after === undefined ? {} : { after }
}

/** A list with pages. */
export interface Paged {
  readonly path: string
  readonly query: URLSearchParams
  readonly next: string | null
  /** The accessible name of the links. */
  readonly label: string
  /** The part of the page that the links lead back to. */
  readonly anchor?: string
}

/**
 * Links to the previous and the next page. The storage pages by keyset, in one direction, so the URL holds the
 * cursors of the previous pages.
 */
export function pager({ path, query, next, label, anchor }: Paged): Html | null {
  const here = query.getAll('after')
  if (here.length === 0 && next === null) return null
  const to = (cursors: readonly string[]): string => {
    const kept = new URLSearchParams(query)
    for (const name of ['after', 'done']) kept.delete(name)
    for (const cursor of cursors.slice(-maxPagesBack)) kept.append('after', cursor)
    const search = kept.size === 0 ? '' : `?${kept}`
    return `${path}${search}${anchor === undefined ? '' : `#${anchor}`}`
  }
  return html`<nav class="pager" aria-label="${label}">
${here.length > 0 && html`<a class="button plain" rel="prev" href="${to(here.slice(0, -1))}">Previous page</a>`}
${here.length > 1 && html`<a href="${to([])}">First page</a>`}
${next !== null && html`<a class="button plain next" rel="next" href="${to([...here, next])}">Next page</a>`}
</nav>`
}
