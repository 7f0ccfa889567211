import { randomUUID } from 'node:crypto'
import { Auth } from '@auth/core'
import PostgresAdapter from '@auth/pg-adapter'
import pg from 'pg'
import { spareSessions } from '../data.mjs'
import { emailOf, peerTokenOf, pick } from '../keys.mjs'
import { anySession, must, readyMade, spareNumbers } from './sessions-of.mjs'

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
  const known = Array.from({ length: 500 }, () => randomUUID())
  let ready = null
  return {
    'open session/storage': { act: () => openSession(pick(size.users)) },
    'magic link/storage': {
      async act() {
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
      async next() {
        ready ??= Promise.all(known.map(newByOAuth))
        await ready
        return known[pick(known.length) - 1]
      },
      async act(subject) {
        const named = { provider: 'example', providerAccountId: subject }
        await adapter.getUserByAccount(named)
        const user = must(await adapter.getUserByAccount(named), 'user')
        await openSession(user.id)
      },
    },
    'oauth new/storage': { act: () => newByOAuth(randomUUID()) },
  }
}

export async function open({ url, size }) {
  const pool = new pg.Pool({
    connectionString: url,
    idleTimeoutMillis: 0,
    max: 10,
    options: '-c search_path=authjs',
  })
  const adapter = PostgresAdapter(pool)
  const config = {
    adapter,
    providers: [],
    secret: 'a secret of the benchmark, of no other use',
    trustHost: true,
    basePath: '/auth',
    session: { strategy: 'database' },
    logger: { error: console.error, warn() {}, debug() {} },
  }
  const cookie = (n) => ({ cookie: `authjs.session-token=${peerTokenOf(n)}` })
  const sessionOf = async (n) => {
    const request = new Request('http://localhost:3000/auth/session', { headers: cookie(n) })
    const response = await Auth(request, config)
    must((await response.json())?.user, 'session')
  }
  const flows = {
    ...adapterFlows(adapter, size),
    'validate/storage': {
      next: readyMade(size, ({ n }) => peerTokenOf(n)),
      act: async (token) => must(await adapter.getSessionAndUser(token), 'session'),
    },
    // Its own way for a server to ask for a session is this request, made in the same process.
    'validate/api': { next: () => anySession(size), act: ({ n }) => sessionOf(n) },
    'session request/api': { next: () => anySession(size), act: ({ n }) => sessionOf(n) },
    'sign out/api': {
      next: spareNumbers(size, spareSessions(size)),
      act: (n) => adapter.deleteSession(peerTokenOf(n)),
    },
  }
  return { flows, close: () => pool.end() }
}
