/** Links of the built site that lead nowhere: VitePress looks for the pages of links in Markdown, but not for headings or files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix, sep } from 'node:path'

/** `PAGE: LINK` for each link below `base` without a file, or whose file has no element of that id. */
export function deadLinks(html, base) {
  const pages = readdirSync(html, { recursive: true })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.html'))
  const ids = new Map(pages.map((path) => [path, idsOf(readFileSync(join(html, path), 'utf8'))]))
  return pages.flatMap((path) => {
    const links = linksOf(readFileSync(join(html, path), 'utf8'))
    return [...links]
      .filter((link) => isDead(html, ids, base, path, link))
      .map((link) => `${path}: ${link}`)
  })
}

function isDead(html, ids, base, from, link) {
  if (/^[a-z][a-z+.-]*:|^\/\//i.test(link)) return false
  const [file, anchor = ''] = decodeURIComponent(link).split('#')
  const path = file.startsWith('/') ? withoutBase(file, base) : relativeTo(from, file)
  if (path === null) return true
  const page = path === '' || path.endsWith('/') ? `${path}index.html` : path
  if (!existsSync(join(html, page)) || statSync(join(html, page)).isDirectory()) return true
  return anchor !== '' && !ids.get(page)?.has(anchor)
}

const withoutBase = (file, base) => (file.startsWith(base) ? file.slice(base.length) : null)
const relativeTo = (from, file) => (file === '' ? from : posix.join(posix.dirname(from), file))

const idsOf = (text) => new Set([...text.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => decoded(id)))
const linksOf = (text) =>
  new Set([...text.matchAll(/\b(?:href|src)="([^"]+)"/g)].map(([, link]) => decoded(link)))

const decoded = (text) =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
