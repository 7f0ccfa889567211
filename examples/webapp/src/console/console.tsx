import { getRequestListener } from '@hono/node-server'
import type { Context } from 'hono'
import { Hono } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import type { Torii } from 'torii-auth'
import { InvalidInputError } from 'torii-auth'
import type { Assets } from '../assets.js'
import type { View } from '../document.js'
import { pageHeaders, toPage } from '../document.js'
import { listen } from '../listener.js'
import { refuseForeign } from '../local-only.js'
import { submit } from '../parts.js'
import { notFound, problem, unavailable } from '../problems.js'
import type { Node } from '../site.js'
import { createGate, gateLimits } from './gate.js'
import { overviewPage } from './overview.js'
import type { Queries } from './queries.js'
import { signInView } from './sign-in.js'
import { trailPage } from './trail.js'
import { actions, userPage } from './user.js'
import { usersPage } from './users.js'

/** What a page of the console uses. */
export interface ConsoleCall {
  readonly torii: Torii
  readonly queries: Queries
  readonly query: Readonly<Record<string, string>>
  /** The id in the path. */
  readonly id: string
}

/** The dependencies of the console. */
export interface ConsoleParts extends Pick<ConsoleCall, 'torii' | 'queries'> {
  /** 0 chooses a free port. */
  readonly port: number
  readonly assets: Assets
  /** Prints a line that only the administrator can read. */
  print(line: string): void
}

const userPath = '/users/:id{[0-9a-f-]{36}}'

const pages: Readonly<Record<string, (call: ConsoleCall) => Promise<View>>> = {
  '/': overviewPage,
  '/users': usersPage,
  [userPath]: userPage,
  '/trail': trailPage,
}

const cookieName = 'torii-admin'
/** Without Secure: the console speaks plain http, and not every browser keeps such a cookie on 127.0.0.1. */
const cookieOptions = { path: '/', httpOnly: true, sameSite: 'Strict' } as const

/** The token of the Cookie header; empty when there is none, or more than one. */
function tokenOf({ req }: Context<Node>): string {
  const pairs = (req.header('cookie') ?? '').split(';').map((pair) => pair.trim())
  const [found = '', ...more] = pairs.filter((pair) => pair.startsWith(`${cookieName}=`))
  return more.length === 0 ? found.slice(cookieName.length + 1) : ''
}

/** Whether a request has a form of at most 4 KiB, of a declared length, as every browser sends it. */
const hasForm = ({ req }: Context<Node>): boolean =>
  /^application\/x-www-form-urlencoded *(?:;|$)/i.test(req.header('content-type') ?? '') &&
  Number(req.header('content-length') ?? Number.NaN) <= 4096

/**
 * Starts the administration console: a server of its own, which always listens on 127.0.0.1. Prints its URL and the
 * first secret.
 */
export async function startConsole({ torii, queries, port, assets, print }: ConsoleParts) {
  const listener = await listen('127.0.0.1', port)
  const gate = createGate((secret) => print(`Admin secret ${secret}`))
  const isOpen = (context: Context<Node>) => gate.isOpen(tokenOf(context), Date.now())
  const show = (context: Context<Node>, view: View, path = context.req.path) => {
    const footer = 'Torii administration console. All times are UTC.'
    const title = `${view.title} · Torii console`
    const frame = { ...view, title, base: assets.base, nav: path !== '' && nav(path), footer }
    return context.html(toPage(frame), view.status)
  }
  const app = new Hono<Node>()
  app.use(pageHeaders(null))
  app.use(async (context, next) => {
    context.header('cache-control', 'no-store')
    const refusal = refuseForeign(context.env.incoming, listener.port)
    if (refusal !== null) return context.text(`${refusal[1]}\n`, refusal[0])
    if (context.req.method === 'POST' && !hasForm(context))
      return context.text('Send a form of at most 4 KiB.\n', 415)
    return next()
  })
  app.use(assets.serve)
  app.get('/sign-in', (context) => {
    if (isOpen(context)) return context.redirect('/', 303)
    gate.offer(Date.now())
    return show(context, signInView(null), '')
  })
  app.post('/sign-in', async (context) => {
    const { secret } = await context.req.parseBody()
    const outcome = gate.exchange(String(secret ?? '').trim(), Date.now())
    if (outcome.ok) {
      setCookie(context, cookieName, outcome.token, cookieOptions)
      return context.redirect('/', 303)
    }
    if (outcome.reason === 'too_many_tries')
      context.header('retry-after', String(gateLimits.pauseMs / 1000))
    return show(context, signInView(outcome.reason), '')
  })
  app.use(async (context, next) => (isOpen(context) ? next() : context.redirect('/sign-in', 303)))
  app.post('/sign-out', (context) => {
    gate.close(tokenOf(context))
    deleteCookie(context, cookieName, cookieOptions)
    return context.redirect('/sign-in', 303)
  })
  for (const [path, page] of Object.entries(pages))
    app.get(path, async (context) => {
      const { id = '' } = context.req.param() as { id?: string }
      return show(context, await page({ torii, queries, query: context.req.query(), id }))
    })
  for (const [path, operation] of Object.entries(actions))
    app.post(`${userPath}/${path}`, async (context) => {
      const { id, session = '' } = context.req.param() as { id: string; session?: string }
      const isPerUser = torii.options.secondFactor.required === 'per-user'
      const done = await operation(torii.admin, id, session, isPerUser)
      return context.redirect(`/users/${id}?done=${done}`, 303)
    })
  app.notFound((context) => show(context, notFound()))
  app.onError((error, context) => {
    // The forms accept every text: only a changed URL makes an argument invalid.
    if (error instanceof InvalidInputError) return show(context, badAddress())
    console.error('the console failed:', error.stack)
    return show(context, unavailable(), '')
  })
  listener.serve(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  const url = `http://127.0.0.1:${listener.port}`
  print(`Admin on ${url}`)
  gate.offer(Date.now())
  return { url, stop: () => listener.stop() }
}

const changed = 'The address is incomplete or was changed.'
const badAddress = problem(400, 'This page does not exist', changed, 'Go to first page', '?')

const sections = { '/': 'Overview', '/users': 'Users', '/trail': 'Audit trail' }

const nav = (path: string) => (
  <nav class="top-nav" aria-label="Console">
    {Object.entries(sections).map(([to, text]) => {
      const isHere = path === to || (to !== '/' && path.startsWith(`${to}/`))
      return (
        <a href={to} aria-current={isHere ? 'page' : undefined}>
          {text}
        </a>
      )
    })}
    <form method="post" action="/sign-out">
      {submit('Sign out', 'link')}
    </form>
  </nav>
)
