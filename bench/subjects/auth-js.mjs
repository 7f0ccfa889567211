import { randomUUID } from 'node:crypto'
import { Auth, skipCSRFCheck } from '@auth/core'
import PostgresAdapter from '@auth/pg-adapter'
import pg from 'pg'
import { spareSessions } from '../data.mjs'
import { emailOf, peerTokenOf, pick } from '../keys.mjs'
import { createBrowser, locationOf } from './browser.mjs'
import { startProvider } from './provider.mjs'
import {
  anySession,
  emailsInTurn,
  knownOnes,
  must,
  readyMade,
  spareNumbers,
} from './sessions-of.mjs'

const inAnHour = () => new Date(Date.now() + 3_600_000)

/** What its core asks of the adapter in each flow, in the order in which it asks. */
function adapterFlows(adapter, size) {
  const openSession = (userId) =>
    adapter.createSession({ sessionToken: randomUUID(), userId, expires: inAnHour() })
  const account = (userId, providerAccountId) => ({
    userId,
    provider: 'example',
    type: 'oauth',
    providerAccountId,
  })
  async function newByOAuth(subject) {
    const named = { provider: 'example', providerAccountId: subject }
    await adapter.getUserByAccount(named)
    await adapter.getUserByAccount(named)
    const email = `${subject}@example.com`
    await adapter.getUserByEmail(email)
    const user = await adapter.createUser({ name: 'Ada', email, emailVerified: null, image: null })
    await adapter.linkAccount(account(user.id, subject))
    await openSession(user.id)
  }
  return {
    'open session/storage': { action: () => openSession(pick(size.users)) },
    'magic link/storage': {
      async action() {
        const identifier = emailOf(pick(size.users))
        const token = randomUUID()
        await adapter.getUserByEmail(identifier)
        await adapter.createVerificationToken({ identifier, token, expires: inAnHour() })
        must(await adapter.useVerificationToken({ identifier, token }), 'token')
        await adapter.getUserByEmail(identifier)
        const user = must(await adapter.getUserByEmail(identifier), 'user')
        await adapter.updateUser({ id: user.id, emailVerified: new Date() })
        await openSession(user.id)
      },
    },
    'oauth known/storage': {
      next: knownOnes(newByOAuth),
      async action(subject) {
        const named = { provider: 'example', providerAccountId: subject }
        await adapter.getUserByAccount(named)
        const user = must(await adapter.getUserByAccount(named), 'user')
        await openSession(user.id)
      },
    },
    'oauth new/storage': { action: () => newByOAuth(randomUUID()) },
  }
}

/** The providers of the benchmark as it defines them; `onLink` gets the URL of each mail. */
const providersOf = (url, onLink) => [
  {
    id: 'example',
    name: 'Example',
    type: 'oauth',
    clientId: 'bench',
    clientSecret: 'of a benchmark only',
    authorization: `${url}/authorize`,
    token: `${url}/token`,
    userinfo: `${url}/user`,
    checks: ['pkce', 'state'],
    profile: ({ id, name, email }) => ({ id, name, email, image: null }),
  },
  {
    id: 'email',
    name: 'Email',
    type: 'email',
    from: 'bench@example.com',
    maxAge: 3600,
    sendVerificationRequest: async ({ identifier, url: link }) => onLink(identifier, link),
  },
]

const cookieName = 'authjs.session-token'

/** Whole flows at its handler; the double submit of a form is left out, which spares it a request. */
function wholeFlows({ config, links, size }) {
  const newBrowser = () =>
    createBrowser((request) => Auth(request, config), 'http://localhost:3000/auth')
  async function signIn(subject) {
    const browser = newBrowser()
    const started = await browser.request('/signin/example', { method: 'POST', form: {} })
    const state = new URL(locationOf(started)).searchParams.get('state')
    const query = new URLSearchParams({ code: subject, state })
    const response = await browser.request(`/callback/example?${query}`)
    must(browser.has(cookieName), `session: ${locationOf(response)}`)
  }
  return {
    'oauth known/api': { next: knownOnes(signIn), action: signIn },
    'oauth new/api': { action: () => signIn(randomUUID()) },
    'magic link/api': {
      next: emailsInTurn(size),
      async action(email) {
        const browser = newBrowser()
        await browser.request('/signin/email', { method: 'POST', form: { email } })
        const link = new URL(must(links.get(email), 'link'))
        const path = link.pathname.replace('/auth', '') + link.search
        const response = await browser.request(path)
        must(browser.has(cookieName), `session: ${locationOf(response)}`)
      },
    },
  }
}

export async function open({ url, size }) {
  const [provider, links] = [await startProvider(), new Map()]
  const pool = new pg.Pool({
    connectionString: url,
    idleTimeoutMillis: 0,
    max: 10,
    options: '-c search_path=authjs',
  })
  const adapter = PostgresAdapter(pool)
  const config = {
    adapter,
    providers: providersOf(provider.url, (email, link) => links.set(email, link)),
    skipCSRFCheck,
    secret: 'a secret of the benchmark, of no other use',
    trustHost: true,
    basePath: '/auth',
    session: { strategy: 'database' },
    logger: { error: console.error, warn() {}, debug() {} },
  }
  const cookie = (n) => ({ cookie: `${cookieName}=${peerTokenOf(n)}` })
  const sessionOf = async (n) => {
    const request = new Request('http://localhost:3000/auth/session', { headers: cookie(n) })
    const response = await Auth(request, config)
    must((await response.json())?.user, 'session')
  }
  const flows = {
    ...adapterFlows(adapter, size),
    ...wholeFlows({ config, links, size }),
    'validate/storage': {
      next: readyMade(size, ({ n }) => peerTokenOf(n)),
      action: async (token) => must(await adapter.getSessionAndUser(token), 'session'),
    },
    // Its own way for a server to ask for a session is this request, made in the same process.
    'validate/api': { next: () => anySession(size), action: ({ n }) => sessionOf(n) },
    'session request/api': { next: () => anySession(size), action: ({ n }) => sessionOf(n) },
    'sign out/api': {
      next: spareNumbers(size, spareSessions(size)),
      action: (n) => adapter.deleteSession(peerTokenOf(n)),
    },
  }
  async function close() {
    provider.close()
    await pool.end()
  }
  return { flows, close }
}
