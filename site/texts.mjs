/** The site for programs that read text: llms.txt (https://llmstxt.org), llms-full.txt, and the source of each page next to it. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { repositoryRoot } from '../scripts/repository.mjs'
import { readContents, sitePath } from './contents.mjs'

/** The sections that are evidence and not instructions: llms-full.txt leaves them out. */
const leftOut = ['Internals']

/** Writes them from the pages in `pages` into `html`; returns how many pages llms-full.txt has. */
export function writeTexts(pages, html) {
  for (const path of readdirSync(pages, { recursive: true }))
    if (path.endsWith('.md') && path !== 'index.md') cpSync(join(pages, path), join(html, path))
  const sections = readContents(repositoryRoot)
  const readme = readFileSync(join(pages, 'start.md'), 'utf8')
  writeFileSync(join(html, 'llms.txt'), shortText(readme, sections))
  const full = sections
    .filter(({ title }) => !leftOut.includes(title))
    .flatMap((section) => section.pages)
    .map(({ path }) => sitePath(path))
  writeFileSync(
    join(html, 'llms-full.txt'),
    full.map((path) => withTopLinks(path, readFileSync(join(pages, path), 'utf8'))).join('\n\n'),
  )
  return full.length
}

/** The title and first paragraph of README.md, then a list of links per section. */
export function shortText(readme, sections) {
  const [, title, first] = /^# (.*)\n\n([\s\S]*?)\n\n/.exec(readme) ?? []
  const lists = sections.map(
    ({ title: name, pages }) =>
      `## ${name}\n\n${pages.map(({ text, path, topic }) => `- [${text}](${sitePath(path)}): ${topic}`).join('\n')}\n`,
  )
  return `# ${title}\n\n> ${first.replaceAll('\n', ' ')}\n\n${lists.join('\n')}`
}

/** The page with its relative links from the top of the site, where llms-full.txt is. */
const withTopLinks = (path, text) =>
  text.replace(
    /\]\(\.{1,2}\/([^)]*)\)/g,
    (found) => `](${posix.join(posix.dirname(path), found.slice(2, -1))})`,
  )
