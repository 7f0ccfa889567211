import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'

/** A test file: the source a person knows and the output that runs. Paths are relative to the root. */
export interface TestFile {
  /** `packages/core/src/email.test.ts` */
  source: string
  /** `packages/core/dist/email.test.js` */
  compiled: string
}

/**
 * Finds the test files of all packages, in order of name. Output whose source is gone is removed and does not run.
 * Throws when a source was not compiled: it would be left out in silence.
 */
export function findTestFiles(root: string): TestFile[] {
  const packages = packageFolders(root)
  for (const folder of packages) removeStaleOutput(root, folder)
  const files = packages.flatMap((folder) =>
    filesBelow(join(root, folder, 'src'), '.test.ts').map((path) =>
      testFile(folder, relative(join(root, folder, 'src'), path)),
    ),
  )
  const missing = files.find(({ compiled }) => !existsSync(join(root, compiled)))
  if (missing) throw new Error(`${missing.source} is not compiled: run "npm run build"`)
  return files.sort((a, b) => (a.source < b.source ? -1 : 1))
}

/** The files that one of the filters names: a part of the source's path, or a path from the current folder. */
export function filterTestFiles(
  files: readonly TestFile[],
  filters: readonly string[],
  root: string,
): TestFile[] {
  const names = (file: TestFile, filter: string) => {
    const path = relative(root, resolve(filter))
    return [file.source, file.compiled].some(
      (name) => name.includes(filter) || name === path || name.startsWith(path + sep),
    )
  }
  const unused = filters.find((filter) => !files.some((file) => names(file, filter)))
  if (unused !== undefined) throw new Error(`no test file matches "${unused}"`)
  return files.filter(
    (file) => filters.length === 0 || filters.some((filter) => names(file, filter)),
  )
}

function packageFolders(root: string): string[] {
  const nested = ['packages', 'examples'].flatMap((parent) => {
    const path = join(root, parent)
    return existsSync(path) ? readdirSync(path).map((name) => join(parent, name)) : []
  })
  return [...nested, 'testing']
}

function testFile(folder: string, path: string): TestFile {
  return {
    source: join(folder, 'src', path),
    compiled: join(folder, 'dist', path.replace(/\.ts$/, '.js')),
  }
}

function removeStaleOutput(root: string, folder: string): void {
  const output = join(root, folder, 'dist')
  for (const compiled of filesBelow(output, '.test.js')) {
    const base = compiled.replace(/\.js$/, '')
    if (existsSync(join(root, folder, 'src', `${relative(output, base)}.ts`))) continue
    for (const ending of ['.js', '.js.map', '.d.ts', '.d.ts.map'])
      rmSync(base + ending, { force: true })
  }
}

function filesBelow(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
}
