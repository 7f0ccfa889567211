/** The pages of the site: the documents of the repository with their links as the site has them, and the home page. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { listFiles } from '../scripts/repository.mjs'
import { readContents, sitePath } from './contents.mjs'

/** Writes the pages below `out`; returns their number. @throws Error for a document that the table of contents leaves out */
export function writePages(root, out) {
  const files = listFiles(root).filter((path) => sitePath(path) !== null)
  const titles = titlesOf(root)
  requireListed(files, titles)
  for (const path of files) {
    const target = join(out, sitePath(path))
    mkdirSync(dirname(target), { recursive: true })
    if (path.endsWith('.md'))
      writeFileSync(target, toSitePage(path, readFileSync(join(root, path), 'utf8'), titles))
    else cpSync(join(root, path), target)
  }
  const { text, picture } = homePage(readFileSync(join(root, 'README.md'), 'utf8'))
  writeFileSync(join(out, 'index.md'), text)
  // VitePress serves the folder `public` as it is: what no Markdown names by a relative link.
  cpSync(join(root, 'docs', picture), join(out, 'public', picture))
  cpSync(join(root, 'examples/webapp/public/favicon.svg'), join(out, 'public/torii.svg'))
  return files.filter((path) => path.endsWith('.md')).length + 1
}

/** What the table of contents calls a document, by its path. */
const titlesOf = (root) =>
  new Map(
    readContents(root)
      .flatMap(({ pages }) => pages)
      .map(({ path, text }) => [path, text]),
  )

function requireListed(files, titles) {
  const missing = files.filter((path) => /^docs\/[^/]+\.md$/.test(path) && !titles.has(path))
  const left = missing.filter((path) => path !== 'docs/README.md')
  if (left.length > 0) throw new Error(`docs/README.md does not list ${left.join(', ')}`)
}

const codeForm = /^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2`*[ \t]*$|(`+)(?!`)[\s\S]*?[^`]\3(?!`)/gm
const linkForm = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g

/**
 * A document as a page of the site. A link to another document leads to its page; a link to anything else of the repository,
 * which has no address yet, becomes its text. A link that shows a file name shows the title instead. What a code block says to
 * our checks is left out.
 */
export function toSitePage(path, text, titles = new Map()) {
  const code = []
  const prose = text.replace(codeForm, (found) => `\0${code.push(found) - 1}\0`)
  const linked = prose.replace(linkForm, (_found, mark, label, link) => {
    const target = siteLink(path, link)
    const title = /^[\w-]+\.md$/.test(label) ? titles.get(repositoryPath(path, link)) : undefined
    return target === null ? label : `${mark}[${title ?? label}](${target})`
  })
  return linked.replace(/\0(\d+)\0/g, (_, index) => withoutMarks(code[index]))
}

const withoutMarks = (block) =>
  block.replace(/^( *(?:`{3,}|~{3,})\s*[\w-]+) (?:continues|ignore: .*)$/m, '$1')

/** The path in the repository to which a relative link leads. */
const repositoryPath = (path, link) =>
  posix.join(posix.dirname(path), decodeURIComponent(link.split('#')[0]))

/** The link on the site, relative to the page of `path`; null when the site has no such page. */
function siteLink(path, link) {
  if (/^[a-z][a-z+.-]*:|^#/i.test(link)) return link
  const [, anchor] = link.split('#')
  const target = sitePath(repositoryPath(path, link))
  if (target === null) return null
  const relative = posix.relative(posix.dirname(sitePath(path)), target)
  return `${relative.startsWith('.') ? '' : './'}${relative}${anchor === undefined ? '' : `#${anchor}`}`
}

/** The home page, with the words of README.md: its first paragraph, its list of promises, and its `picture`, a path below docs. */
export function homePage(readme) {
  const [, title] = /^# (.*)$/m.exec(readme) ?? []
  const [, first] = /^# .*\n\n([\s\S]*?)\n\n/.exec(readme) ?? []
  const [, alt, picture] = /^!\[(.*)\]\(docs\/(.*)\)$/m.exec(readme) ?? []
  const promises = [...readme.matchAll(/^- \*\*(.*?)\.?\*\* ([\s\S]*?)(?=\n(?:- |\n))/gm)]
  if (first === undefined || picture === undefined || promises.length === 0)
    throw new Error('README.md has no first paragraph, picture or list of promises')
  const [sentence, ...rest] = plain(first).split(/(?<=\.) /)
  const page = {
    layout: 'home',
    title,
    titleTemplate: sentence,
    hero: {
      name: title,
      text: sentence.replace(/\.$/, ''),
      tagline: rest.join(' '),
      image: { src: `/${picture}`, alt },
      actions: [
        { theme: 'brand', text: 'Tutorial', link: '/tutorial' },
        { theme: 'alt', text: 'Add it to your application', link: '/start' },
      ],
    },
    features: promises.map(([, name, details]) => ({ title: name, details: plain(details) })),
  }
  return { text: `---\n${JSON.stringify(page, null, 2)}\n---\n`, picture }
}

const plain = (text) =>
  text.replace(linkForm, '$2').replace(/[`*]/g, '').replace(/\s+/g, ' ').trim()
