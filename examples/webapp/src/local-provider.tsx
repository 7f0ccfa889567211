import { createHash } from 'node:crypto'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { OAuthProvider } from 'torii-auth'
import { defaults } from 'torii-auth'
import { startTestProvider } from 'torii-auth/testing'
import type { Assets } from './assets.js'
import { pageHeaders, toPage } from './document.js'
import { listen } from './listener.js'
import { isLoopbackName } from './local-only.js'
import { field, link, notice, submit } from './parts.js'

/** Whether a site may have a local provider: only browsers of this computer can reach it. */
export const mayHaveLocalProvider = (baseUrl: string): boolean =>
  isLoopbackName(new URL(baseUrl).hostname) && process.env.NODE_ENV !== 'production'

/** An OpenID provider on this computer, to try OAuth sign-in without registering at a real one. */
export interface LocalProvider {
  readonly definition: OAuthProvider
  stop(): Promise<void>
}

/**
 * Starts the test provider of torii-auth behind a form that accepts any identity, on loopback only. It stores nothing, and
 * the same email address gets the same ID again. Its email addresses are trusted like a large provider's: everyone who can
 * reach it can read the mailbox too.
 */
export async function startLocalProvider(baseUrl: string, assets: Assets): Promise<LocalProvider> {
  const redirectUris = [`${baseUrl}${defaults.basePath}/oauth/local/callback`]
  const provider = await startTestProvider({ name: 'local', redirectUris })
  const listener = await listen('127.0.0.1', 0)
  const { hostname, host } = new URL(baseUrl)
  // Cookies ignore ports: with a different host name, this server sees no cookie of the site.
  const origin = `http://${hostname === '127.0.0.1' ? 'localhost' : '127.0.0.1'}:${listener.port}`
  const app = new Hono()
  app.use(assets.serve, pageHeaders(null, false, [baseUrl]), bodyLimit({ maxSize: 4096 }))
  app.get('/', (context) => context.redirect(baseUrl))
  app.all('/authorize', async (context) => {
    const url = new URL(`${provider.issuer}/authorize${new URL(context.req.url).search}`)
    const typed = context.req.method === 'POST' ? await context.req.formData() : new FormData()
    const [address = '', name] = ['email', 'name'].map((one) => String(typed.get(one) ?? '').trim())
    const email = address.toLowerCase()
    if (/^[^@\s]+@[^@\s]+$/.test(email)) {
      const sub = createHash('sha256').update(email).digest('hex').slice(0, 32)
      const person = { sub, email, email_verified: true, name: name || email.replace(/@.*$/, '') }
      return context.redirect(String(await provider.authorize(url, person)), 303)
    }
    const decline = String(await provider.authorize(url, null))
    const content = signInForm(host, decline, email !== '')
    return context.html(toPage({ title: 'Local provider', base: assets.base, content }))
  })
  app.onError((_, context) => context.text('Sign-in failed. Go back and start again.\n', 400))
  listener.serve(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  const at = (path: string) => `${provider.issuer}/${path}`
  return {
    definition: {
      ...provider.definition,
      displayName: 'Local provider',
      endpoints: {
        authorization: `${origin}/authorize`,
        ...{ token: at('token'), jwks: at('jwks'), userInfo: at('userinfo') },
      },
    },
    stop: async () => void (await Promise.all([listener.stop(), provider.stop()])),
  }
}

const signInForm = (host: string, decline: string, failed: boolean) => (
  <section class="narrow">
    <h1>Local provider</h1>
    <p class="lead">{`Sign in to ${host}. For testing: any email address and name is accepted.`}</p>
    <form method="post" class="card stack">
      {failed && notice('bad', 'Enter an email address.')}
      {field('email', 'Email', { kind: 'email' })}
      {field('name', 'Name', { kind: 'name', optional: true })}
      {submit(`Continue to ${host}`, 'primary')}
      {link(decline, 'Decline', 'plain')}
    </form>
  </section>
)
