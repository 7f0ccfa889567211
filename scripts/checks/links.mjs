/** Relative links in Markdown lead to files of this repository, and their #anchors to headings in them. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { listFiles } from '../repository.mjs'
import { readMarkdown } from './markdown.mjs'

export const name = 'links'

const linkForms = [
  /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g,
  /^ {0,3}\[[^\]^][^\]]*\]:\s*<?(\S+?)>?(?:\s|$)/g,
  /<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]+)"/g,
]

export function check(root) {
  return listFiles(root)
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => checkDocument(root, path))
}

function checkDocument(root, path) {
  const { prose } = readMarkdown(readFileSync(join(root, path), 'utf8'))
  return prose.flatMap((line, index) =>
    linkForms
      .flatMap((form) => [...line.matchAll(form)].map((match) => match[1]))
      .filter((link) => !/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(link))
      .map((link) => [link, linkProblem(root, path, link)])
      .filter(([, problem]) => problem)
      .map(([link, problem]) => `${path}:${index + 1}: ${link}: ${problem}`),
  )
}

function linkProblem(root, from, link) {
  const [file, anchor] = link.split('#').map(decodeURIComponent)
  const target = file === '' ? from : posix.join(posix.dirname(from), file)
  if (target.startsWith('../') || file.startsWith('/')) return 'leaves the repository'
  if (!existsSync(join(root, target))) return 'does not exist'
  if (!anchor || !target.endsWith('.md') || statSync(join(root, target)).isDirectory()) return null
  return anchorsOf(readFileSync(join(root, target), 'utf8')).has(anchor) ? null : 'no such heading'
}

/** The anchors that GitHub gives the document's headings, and those written by hand. */
export function anchorsOf(text) {
  const anchors = new Set()
  const blank = readMarkdown(text).prose
  for (const [index, line] of text.split('\n').entries()) {
    for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id)
    const heading = blank[index] !== '' && /^ {0,3}#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1]
    if (!heading) continue
    const slug = slugOf(heading)
    let unique = slug
    for (let count = 1; anchors.has(unique); count += 1) unique = `${slug}-${count}`
    anchors.add(unique)
  }
  return anchors
}

export const slugOf = (heading) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-')
