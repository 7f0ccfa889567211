/** The table of contents: docs/README.md, which readers of the repository see, gives the site its menu. */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

const row = /^\| \[([^\]]+)\]\(([^)]+)\) \| (.*) \|$/

/** The sections of docs/README.md: `[{ title, pages: [{ text, path, topic }] }]`; `path` is that in the repository. */
export function readContents(root) {
  const sections = []
  for (const line of readFileSync(join(root, 'docs/README.md'), 'utf8').split('\n')) {
    const title = /^## (.*)$/.exec(line)?.[1]
    if (title !== undefined) sections.push({ title, pages: [] })
    const [, text, link, topic] = row.exec(line) ?? []
    if (text !== undefined)
      sections.at(-1)?.pages.push({ text, path: posix.join('docs', link), topic })
  }
  return sections
}

/** Where a document of the repository is on the site, or null if it is not there. */
export function sitePath(path) {
  const special = {
    'README.md': 'start.md',
    'docs/README.md': 'contents.md',
    'SECURITY.md': 'security.md',
    'CONTRIBUTING.md': 'contributing.md',
    'CHANGELOG.md': 'changelog.md',
  }
  if (path in special) return special[path]
  if (!/^(?:docs|decisions)\/.*\.(?:md|png|svg)$/.test(path)) return null
  return path.replace(/^docs\//, '').replace(/README\.md$/, 'index.md')
}
