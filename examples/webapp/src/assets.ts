import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file that pages load. */
export interface Asset {
  readonly type: string
  readonly content: Buffer
}

/** The files that pages load, read once. */
export interface Assets {
  /** `/assets/VERSION`: the version changes with the content, so browsers may cache without limit. */
  readonly base: string
  find(path: string): Asset | null
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * Our own files, and the unchanged modules of torii-auth and of the one package that they import: the page needs
 * no build step.
 */
export async function loadAssets(): Promise<Assets> {
  const folders: readonly [prefix: string, folder: string][] = [
    ['', fileURLToPath(new URL('../public', import.meta.url))],
    ['torii-auth/', folderOf('torii-auth/browser')],
    ['simplewebauthn/', folderOf('@simplewebauthn/browser')],
  ]
  const files = new Map<string, Asset>()
  for (const [prefix, folder] of folders)
    for (const [name, asset] of await readFolder(folder)) files.set(prefix + name, asset)
  const base = `/assets/${versionOf(files)}`
  return {
    base,
    find: (path) =>
      path.startsWith(`${base}/`) ? (files.get(path.slice(base.length + 1)) ?? null) : null,
  }
}

/** The folder of a package's entry point, which has all of its modules. */
const folderOf = (specifier: string): string =>
  fileURLToPath(new URL('.', import.meta.resolve(specifier)))

async function readFolder(folder: string): Promise<readonly [string, Asset][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter(({ name }) => extname(name) in types && !name.includes('.test.'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
  return Promise.all(
    paths.map(async (path): Promise<[string, Asset]> => {
      const name = relative(folder, path).split(sep).join('/')
      return [name, { type: types[extname(path)] ?? '', content: await readFile(path) }]
    }),
  )
}

function versionOf(files: ReadonlyMap<string, Asset>): string {
  const hash = createHash('sha256')
  for (const [name, { content }] of files)
    hash.update(`${name}\n${content.length}\n`).update(content)
  return hash.digest('hex').slice(0, 16)
}
