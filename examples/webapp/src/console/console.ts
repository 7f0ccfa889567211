import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Torii } from 'torii-auth'
import { InvalidInputError } from 'torii-auth'
import type { Assets } from '../assets.js'
import { listen } from '../listener.js'
import type { Redirect, View } from '../page.js'
import { refuseForeign } from './access.js'
import { consoleHeaders, renderConsole } from './console-frame.js'
import { clearedCookie, readCookie, setCookie } from './cookie.js'
import { readForm } from './form-body.js'
import type { Gate } from './gate.js'
import { createGate, gateLimits } from './gate.js'
import { badAddress, notFound, unavailable } from './pages/problems.js'
import { signInView } from './pages/sign-in.js'
import type { ConsoleRoute } from './route.js'
import { routes } from './routes.js'

/** The dependencies of the console. */
export interface ConsoleParts {
  readonly torii: Torii
  /** 0 chooses a free port. */
  readonly port: number
  readonly assets: Assets
  /** The location of the database, as a text to show. */
  readonly database: string
  readonly schema: string
  /** Prints a line that only the administrator can read. */
  print(line: string): void
}

export interface Console {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts the administrator console: a separate server, which always listens on 127.0.0.1. Prints its URL and the
 * first secret.
 */
export async function startConsole(parts: ConsoleParts): Promise<Console> {
  const listener = await listen('127.0.0.1', parts.port)
  const gate = createGate((secret) => parts.print(`Admin secret ${secret}`))
  const context: Context = { ...parts, gate, boundPort: listener.port }
  listener.serve((request, response) => {
    answer(context, request, response).catch((error: unknown) => {
      console.error('the console failed:', error instanceof Error ? error.stack : typeof error)
      if (response.headersSent) response.destroy()
      else send(context, response, unavailable, null)
    })
  })
  const url = `http://127.0.0.1:${listener.port}`
  parts.print(`Admin on ${url}`)
  gate.offer(Date.now())
  return { url, stop: () => listener.stop() }
}

interface Context extends ConsoleParts {
  readonly gate: Gate
  readonly boundPort: number
}

async function answer(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = refuseForeign(request, context.boundPort)
  if (refusal !== null) {
    sendText(response, refusal.status, refusal.text)
    return
  }
  const [path = '/', search = ''] = (request.url ?? '/').split('?', 2)
  const asset = context.assets.find(path)
  if (asset !== null) {
    sendAsset(response, asset)
    return
  }
  const post = request.method === 'POST'
  const form = post ? await readForm(request) : null
  const token = readCookie(request.headers.cookie)
  if (post && form === null) sendText(response, 415, 'Send a form of at most 4 KiB.')
  else if (path === '/sign-in') signIn(context, response, token, form)
  else if (!context.gate.isOpen(token, Date.now())) redirect(response, '/sign-in')
  else if (path === '/sign-out' && post) signOut(context, response, token)
  else {
    const query = new URLSearchParams(search)
    send(context, response, await answerAdministrator(context, { path, query, post }), path)
  }
}

/** Shows the sign-in form, or signs in. Opening the form prints a secret unless one is unused. */
function signIn(
  context: Context,
  response: ServerResponse,
  token: string,
  form: URLSearchParams | null,
): void {
  const { gate } = context
  const now = Date.now()
  if (form === null) {
    if (gate.isOpen(token, now)) {
      redirect(response, '/')
      return
    }
    gate.offer(now)
    send(context, response, signInView(null), null)
    return
  }
  const outcome = gate.exchange((form.get('secret') ?? '').trim(), now)
  if (outcome.ok) {
    response.setHeader('set-cookie', setCookie(outcome.token))
    redirect(response, '/')
    return
  }
  if (outcome.reason === 'too_many_tries')
    response.setHeader('retry-after', String(gateLimits.pauseMs / 1000))
  send(context, response, signInView(outcome.reason), null)
}

function signOut({ gate }: Context, response: ServerResponse, token: string): void {
  gate.close(token)
  response.setHeader('set-cookie', clearedCookie)
  redirect(response, '/sign-in')
}

interface AdminRequest {
  readonly path: string
  readonly query: URLSearchParams
  readonly post: boolean
}

async function answerAdministrator(
  { torii }: Context,
  { path, query, post }: AdminRequest,
): Promise<View | Redirect> {
  const found = findRoute(path, post ? 'POST' : 'GET')
  if (found === null) return notFound
  try {
    const call = { torii, path, query, now: new Date() }
    return await found.route.answer(call, ...found.ids)
  } catch (error) {
    // The forms accept every search text: only a changed URL makes an argument invalid.
    if (error instanceof InvalidInputError) return badAddress
    throw error
  }
}

function findRoute(
  path: string,
  method: ConsoleRoute['method'],
): { readonly route: ConsoleRoute; readonly ids: string[] } | null {
  for (const route of routes) {
    const match = route.method === method ? route.pattern.exec(path) : null
    if (match !== null) return { route, ids: match.slice(1) }
  }
  return null
}

/** @param path null without a session */
function send(
  { assets, database, schema }: Context,
  response: ServerResponse,
  shown: View | Redirect,
  path: string | null,
): void {
  if ('location' in shown) {
    redirect(response, shown.location)
    return
  }
  const page = renderConsole(shown, { base: assets.base, path, database, schema })
  response.writeHead(shown.status ?? 200, consoleHeaders).end(page.toString())
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, 'cache-control': 'no-store' }).end()
}

function sendText(response: ServerResponse, status: number, text: string): void {
  // Closing the connection discards the unread rest of the body.
  response
    .writeHead(status, {
      ...consoleHeaders,
      'content-type': 'text/plain; charset=utf-8',
      connection: 'close',
    })
    .end(`${text}\n`)
}

function sendAsset(
  response: ServerResponse,
  { type, content }: NonNullable<ReturnType<Assets['find']>>,
): void {
  response
    .writeHead(200, {
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    .end(content)
}
