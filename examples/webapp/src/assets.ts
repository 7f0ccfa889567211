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

const here = (specifier: string) => fileURLToPath(new URL('.', import.meta.resolve(specifier)))

/**
 * Loads our own files, and the unchanged modules of torii-auth and of the one package that they import: the page needs
 * no build step.
 */
export async function loadAssets(): Promise<Assets> {
  const files = new Map<string, Buffer>()
  for (const [prefix, folder] of [
    ['', fileURLToPath(new URL('../public', import.meta.url))],
    ['torii-auth/', here('torii-auth/browser')],
    ['simplewebauthn/', here('@simplewebauthn/browser')],
  ] as const) {
    const names = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const { parentPath, name } of names.sort((a, b) => (a.name < b.name ? -1 : 1)))
      if (extname(name) in types && !name.includes('.test.')) {
        const path = join(parentPath, name)
        files.set(prefix + relative(folder, path).split(sep).join('/'), await readFile(path))
      }
  }
  const hash = createHash('sha256')
  for (const [name, content] of files) hash.update(`${name}\n${content.length}\n`).update(content)
  const base = `/assets/${hash.digest('hex').slice(0, 16)}`
  return {
    base,
    serve(context, next) {
      const { path } = context.req
      const content = path.startsWith(`${base}/`) ? files.get(path.slice(base.length + 1)) : null
      if (!content || !/^(?:GET|HEAD)$/.test(context.req.method)) return next()
      context.header('content-type', types[extname(path)])
      context.header('cache-control', 'public, max-age=31536000, immutable')
      return Promise.resolve(context.body(new Uint8Array(content)))
    },
  }
}
