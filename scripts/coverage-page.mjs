/** What the generated pages of docs/internals/ share: a cell that links to a test, and the write or the comparison. */
import { join, posix } from 'node:path'
import { repositoryRoot } from './repository.mjs'
import { updateSnapshot } from './schema-snapshot.mjs'

/** The folder of the pages. */
export const pagesFolder = 'docs/internals'

/** Escapes what Markdown would read as markup inside a table cell. */
export const escapeCell = (text) => text.replace(/[|<>[\]*_`\\]/g, '\\$&')

/** Renders a test as a link to its file and its name. */
export const testCell = ({ path, name }) =>
  `[${posix.basename(path)}](${posix.relative(pagesFolder, path)}): ${escapeCell(name)}`

/**
 * Writes a page, or only compares it when the script was called with `--check`. Prints the problems and sets the exit
 * status when there are any.
 */
export function writePage(file, text, problems) {
  const check = process.argv.includes('--check')
  const output = `${pagesFolder}/${file}`
  const stale = updateSnapshot(join(repositoryRoot, output), `${text.trimEnd()}\n`, { check })
  const all =
    check && stale
      ? [...problems, `${output} is stale: run "npm run snapshot" and commit it`]
      : problems
  if (all.length === 0) return
  console.error(all.join('\n'))
  process.exitCode = 1
}
