import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Nothing but our own files, no inline code: a script that somebody smuggles in does not run. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const files: Readonly<Record<string, { name: string; type: string }>> = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/style.css': { name: 'style.css', type: 'text/css; charset=utf-8' },
  '/app.js': { name: 'app.js', type: 'text/javascript; charset=utf-8' },
  '/words.js': { name: 'words.js', type: 'text/javascript; charset=utf-8' },
  '/favicon.svg': { name: 'favicon.svg', type: 'image/svg+xml' },
}

/** Where the data is, as the page's footer shows it. */
export interface PageInfo {
  readonly database: string
  readonly schema: string
}

/** Answers the page's own requests: its files, and `/info`. */
export function createPage(info: PageInfo) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    response.setHeader('content-security-policy', contentSecurityPolicy)
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('referrer-policy', 'same-origin')
    response.setHeader('cache-control', 'no-cache')
    const file = Object.hasOwn(files, path) ? files[path] : undefined
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return end(response, 405, 'text/plain', 'Method not allowed\n')
    if (path === '/info') return end(response, 200, 'application/json', JSON.stringify(info))
    if (file === undefined) return end(response, 404, 'text/plain', 'Not found\n')
    const content = await readFile(new URL(`../public/${file.name}`, import.meta.url))
    end(response, 200, file.type, content)
  }
}

/** A body for HEAD is left out by node:http itself. */
function end(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.statusCode = status
  response.setHeader('content-type', type)
  response.end(body)
}
