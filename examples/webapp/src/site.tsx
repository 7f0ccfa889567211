import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { Hono } from 'hono'
import type { Torii, ValidSession } from 'torii-auth'
import type { AuthHandler } from 'torii-auth/http'
import type { Assets } from './assets.js'
import type { View } from './document.js'
import { pageHeaders, toPage } from './document.js'
import { mayReadMailbox } from './local-only.js'
import type { Mailbox } from './mail.js'
import { asMailProgram } from './mailbox.js'
import { link, submit } from './parts.js'
import { needsScript, notFound, unavailable } from './problems.js'

/** A request for a page. */
export interface Call {
  readonly torii: Torii
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Null where there is none, and for callers that may not read it. */
  readonly mailbox: Mailbox | null
  readonly now: Date
  readonly valid: ValidSession | null
}

/** What a page answers: its view, or where it leads instead. */
type Answer = View | { readonly location: string }

export type Page = (call: Call) => Answer | Promise<Answer>

/** The parts of the site. */
export interface SiteParts extends Pick<Call, 'torii' | 'mailbox'> {
  readonly pages: Readonly<Record<string, Page>>
  readonly assets: Assets
  readonly auth: AuthHandler
}

export type Node = { Bindings: HttpBindings }

/** Serves the assets and the pages. They change nothing: every operation is a request of a script to Torii's routes. */
export function createSite({ torii, mailbox, pages, assets, auth }: SiteParts): Hono<Node> {
  const { base } = assets
  const mailboxOf = ({ env }: Context<Node>) => (mayReadMailbox(env.incoming) ? mailbox : null)
  const show = async (context: Context<Node>, page: Page, isRead = true) => {
    const valid = isRead ? await auth.getSession(context.req.raw) : null
    const { path } = context.req
    const call = { torii, path, query: context.req.query(), mailbox: mailboxOf(context), valid }
    const view = await page({ ...call, now: new Date() })
    context.header('cache-control', 'no-store')
    if ('location' in view) return context.redirect(view.location, 303)
    const footer = call.mailbox && link('/mailbox', 'Development mailbox')
    const title = `${view.title} · Torii`
    const frame = { ...view, title, base, nav: nav(valid !== null, path), footer, scripts: true }
    return context.html(toPage(frame), view.status)
  }
  const app = new Hono<Node>()
  app.use(assets.serve)
  app.get('/mailbox/:id', (context, next) => asMailProgram(mailboxOf(context), context) ?? next())
  app.use(pageHeaders(base, torii.options.baseUrl.secure))
  app.use((context, next) =>
    /^(?:GET|HEAD)$/.test(context.req.method) ? next() : show(context, needsScript, false),
  )
  for (const [path, page] of Object.entries(pages)) app.get(path, (context) => show(context, page))
  app.notFound((context) => show(context, notFound))
  app.onError((error, context) => {
    console.error('a page failed:', error.stack)
    return show(context, unavailable, false)
  })
  return app
}

const nav = (isSignedIn: boolean, path: string) => (
  <nav class="top-nav" aria-label="Site">
    {isSignedIn && link('/account', 'Account')}
    {isSignedIn && (
      <form method="post" data-action="sign-out">
        {submit('Sign out', 'link')}
      </form>
    )}
    {!isSignedIn && path !== '/sign-in' && link('/sign-in', 'Sign in')}
    {!isSignedIn && path !== '/register' && link('/register', 'Create account')}
    <noscript>These pages require JavaScript.</noscript>
  </nav>
)
