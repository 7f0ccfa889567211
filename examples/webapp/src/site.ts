import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AuthHandler, NodeHandler } from 'torii-auth/http'
import type { Assets } from './assets.js'
import type { Frame } from './frame.js'
import type { Page, PageCall, Redirect, Site, View } from './page.js'
import { needsScript, notFound, unavailable } from './pages/problems.js'

/** The parts of the site. */
export interface SiteParts {
  readonly site: Site
  readonly pages: readonly Page[]
  readonly assets: Assets
  readonly frame: Frame
  readonly auth: AuthHandler
  /** Serves Torii's routes and passes all other requests on. */
  readonly authRoutes: NodeHandler
  /** Whether this request may read the development mailbox. */
  mailboxAnswers(request: IncomingMessage): boolean
}

/** Serves Torii's routes, the assets, and the pages. */
export function createSite(parts: SiteParts): RequestListener {
  const pages = new Map(parts.pages.map((page) => [page.path, page]))
  return (request, response) => {
    const rest = (error?: unknown) => {
      const answered =
        error === undefined ? answer(parts, pages, request, response) : Promise.reject(error)
      answered.catch(() => response.destroy())
    }
    void parts.authRoutes(request, response, rest)
  }
}

async function answer(
  parts: SiteParts,
  pages: ReadonlyMap<string, Page>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '/', search = ''] = (request.url ?? '/').split('?', 2)
  const asset = parts.assets.find(path)
  if (asset !== null && isRead(request)) {
    const headers = {
      'content-type': asset.type,
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=31536000, immutable',
    }
    response.writeHead(200, headers).end(asset.content)
    return
  }
  const mailbox = parts.mailboxAnswers(request)
  const blank: PageCall = {
    site: parts.site,
    path,
    query: new URLSearchParams(search),
    mailbox,
    now: new Date(),
    valid: null,
  }
  try {
    const page = pages.get(path)
    if (!isRead(request)) return send(parts, response, needsScript, blank)
    const call = { ...blank, valid: await parts.auth.getSession(request) }
    send(parts, response, page === undefined ? notFound : await page.answer(call), call)
  } catch (error) {
    console.error('a page failed:', error instanceof Error ? error.stack : typeof error)
    send(parts, response, unavailable, blank)
  }
}

const isRead = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD'

function send(
  { frame }: SiteParts,
  response: ServerResponse,
  shown: View | Redirect,
  call: PageCall,
): void {
  if ('location' in shown) {
    response.writeHead(303, { location: shown.location, 'cache-control': 'no-store' }).end()
    return
  }
  response.writeHead(shown.status ?? 200, frame.headers).end(frame.render(shown, call).toString())
}
