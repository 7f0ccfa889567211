/** A server of the built site on loopback, for looking at it. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'

const contentTypes = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/** Serves the files below `html` under `base`; resolves to the address. */
export function serveSite(html, base, port) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = pathname.startsWith(base) ? decodeURIComponent(pathname.slice(base.length)) : null
    const file = path === null ? null : fileOf(html, path)
    response.writeHead(file === null ? 404 : 200, {
      'content-type': contentTypes[extname(file ?? '404.html')] ?? 'application/octet-stream',
    })
    createReadStream(file ?? join(html, '404.html')).pipe(response)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () =>
      resolve(`http://localhost:${server.address().port}${base}`),
    )
  })
}

/** The file of a path, or null. A URL has no `..` left after it was parsed. */
function fileOf(html, path) {
  const file = join(html, path === '' || path.endsWith('/') ? `${path}index.html` : path)
  return file.startsWith(html) && existsSync(file) && statSync(file).isFile() ? file : null
}
