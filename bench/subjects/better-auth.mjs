import { createHmac, randomUUID } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { spareSessions } from '../data.mjs'
import { emailOf, password, peerTokenOf, pick, userIdOf } from '../keys.mjs'
import { betterAuthOptions, betterAuthPool, secret } from './better-auth-options.mjs'
import { anySession, must, readyMade, spareNumbers } from './sessions-of.mjs'

const cookieOf = (token) => {
  const signature = createHmac('sha256', secret).update(token).digest('base64')
  return `better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}`
}
const headersOf = (n) => new Headers({ cookie: cookieOf(peerTokenOf(n)) })
const freshEmail = () => `${randomUUID()}@example.com`

function sessionFlows({ auth, internal, size }) {
  return {
    'validate/api': {
      next: readyMade(size, ({ n }) => headersOf(n)),
      act: async (headers) => must(await auth.api.getSession({ headers }), 'session'),
    },
    'session request/api': {
      next: () =>
        new Request('http://localhost:3000/api/auth/get-session', {
          headers: headersOf(anySession(size).n),
        }),
      async act(request) {
        const response = await auth.handler(request)
        must((await response.json())?.user, 'session')
      },
    },
    'open session/storage': { act: () => internal.createSession(userIdOf(pick(size.users))) },
    'sign out/api': {
      next: spareNumbers(size, spareSessions(size)),
      act: (n) => auth.api.signOut({ headers: headersOf(n) }),
    },
  }
}

const registering = (auth) => ({
  act: () => auth.api.signUpEmail({ body: { email: freshEmail(), password, name: 'Ada' } }),
})
const signingIn = (auth, size) => ({
  act: () => auth.api.signInEmail({ body: { email: emailOf(pick(size.users)), password } }),
})

/** What its callback asks of its own data layer, in that order; the provider is left out on both sides. */
function oauthFlows({ internal }) {
  async function stored() {
    const identifier = randomUUID()
    const expiresAt = new Date(Date.now() + 600_000)
    await internal.createVerificationValue({ identifier, value: '{"codeVerifier":"x"}', expiresAt })
    must(await internal.findVerificationValue(identifier), 'state')
    must(await internal.findVerificationValue(identifier), 'state')
    await internal.deleteVerificationByIdentifier(identifier)
  }
  async function newUser(subject) {
    const email = `${subject}@example.com`
    await stored()
    await internal.findAccountOwnerByKey({ providerId: 'example', accountId: subject })
    await internal.findUserByEmail(email, { includeAccounts: true })
    const made = await internal.createOAuthUser(
      { name: 'Ada', email, emailVerified: true },
      { providerId: 'example', accountId: subject },
    )
    await internal.createSession(made.user.id)
  }
  const known = Array.from({ length: 500 }, () => randomUUID())
  let ready = null
  return {
    'oauth known/storage': {
      async next() {
        ready ??= Promise.all(known.map(newUser))
        await ready
        return known[pick(known.length) - 1]
      },
      async act(subject) {
        await stored()
        const owner = { providerId: 'example', accountId: subject }
        const { user, account } = must(await internal.findAccountOwnerByKey(owner), 'user')
        await internal.updateAccount(account.id, { accessToken: 'x', updatedAt: new Date() })
        await internal.createSession(user.id)
      },
    },
    'oauth new/storage': { act: () => newUser(randomUUID()) },
  }
}

export async function open({ url, size }) {
  const pool = betterAuthPool(url, 10)
  const links = []
  const auth = betterAuth(betterAuthOptions(pool, { onLink: (token) => links.push(token) }))
  const stub = { hash: async () => 'not hashed', verify: async () => true }
  const unhashed = betterAuth(betterAuthOptions(pool, { hash: stub }))
  const { internalAdapter: internal } = await auth.$context
  await unhashed.$context
  const flows = {
    ...sessionFlows({ auth, internal, size }),
    'register/api': registering(auth),
    'register, hash excluded/storage': registering(unhashed),
    'sign in/api': signingIn(auth, size),
    'sign in, hash excluded/storage': signingIn(unhashed, size),
    'magic link/storage': {
      async act() {
        const email = emailOf(pick(size.users))
        const headers = new Headers()
        await auth.api.signInMagicLink({ body: { email }, headers })
        await auth.api.magicLinkVerify({ query: { token: must(links.pop(), 'link') }, headers })
      },
    },
    ...oauthFlows({ internal }),
  }
  return { flows, close: () => pool.end() }
}
