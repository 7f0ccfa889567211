import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MiddlewareHandler } from 'hono'

/** The files that pages load, read once. */
export interface Assets {
  /** `/assets/VERSION`: the version changes with the content, so browsers may cache without limit. */
  readonly base: string
  /** Serves them, and passes every other request on. */
  readonly serve: MiddlewareHandler
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Our own files, and the unchanged modules of torii-auth and of the one package that they import: nothing is built. */
const folders: Readonly<Record<string, string>> = {
  '': new URL('../public/', import.meta.url).href,
  'torii-auth/': import.meta.resolve('torii-auth/browser'),
  'simplewebauthn/': import.meta.resolve('@simplewebauthn/browser'),
}

export async function loadAssets(): Promise<Assets> {
  const files = new Map<string, Buffer>()
  for (const [prefix, url] of Object.entries(folders)) {
    const folder = fileURLToPath(new URL('.', url))
    const found = await readdir(folder, { recursive: true, withFileTypes: true })
    const paths = found.map(({ parentPath, name }) => join(parentPath, name)).sort()
    for (const path of paths.filter((one) => extname(one) in types && !one.includes('.test.')))
      files.set(prefix + relative(folder, path).split(sep).join('/'), await readFile(path))
  }
  const hash = createHash('sha256')
  for (const [name, content] of files) hash.update(`${name}\n${content.length}\n`).update(content)
  const base = `/assets/${hash.digest('hex').slice(0, 16)}`
  return {
    base,
    async serve(context, next) {
      const { path, method } = context.req
      const content = path.startsWith(`${base}/`) && files.get(path.slice(base.length + 1))
      if (!content || !/^(?:GET|HEAD)$/.test(method)) return next()
      context.header('content-type', types[extname(path)])
      context.header('x-content-type-options', 'nosniff')
      context.header('cache-control', 'public, max-age=31536000, immutable')
      return context.body(new Uint8Array(content))
    },
  }
}
