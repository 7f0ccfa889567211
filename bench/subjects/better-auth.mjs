import { createHmac, randomUUID } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { spareSessions } from '../data.mjs'
import { emailOf, password, peerTokenOf, pick, userIdOf } from '../keys.mjs'
import { betterAuthOptions, betterAuthPool, secret } from './better-auth-options.mjs'
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
      action: async (headers) => must(await auth.api.getSession({ headers }), 'session'),
    },
    'session request/api': {
      next: () =>
        new Request('http://localhost:3000/api/auth/get-session', {
          headers: headersOf(anySession(size).n),
        }),
      async action(request) {
        const response = await auth.handler(request)
        must((await response.json())?.user, 'session')
      },
    },
    'open session/storage': { action: () => internal.createSession(userIdOf(pick(size.users))) },
    'sign out/api': {
      next: spareNumbers(size, spareSessions(size)),
      action: (n) => auth.api.signOut({ headers: headersOf(n) }),
    },
  }
}

const registering = (auth) => ({
  action: () => auth.api.signUpEmail({ body: { email: freshEmail(), password, name: 'Ada' } }),
})
const signingIn = (auth, size) => ({
  action: () => auth.api.signInEmail({ body: { email: emailOf(pick(size.users)), password } }),
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
  return {
    'oauth known/storage': {
      next: knownOnes(newUser),
      async action(subject) {
        await stored()
        const owner = { providerId: 'example', accountId: subject }
        const { user, account } = must(await internal.findAccountOwnerByKey(owner), 'user')
        await internal.updateAccount(account.id, { accessToken: 'x', updatedAt: new Date() })
        await internal.createSession(user.id)
      },
    },
    'oauth new/storage': { action: () => newUser(randomUUID()) },
  }
}

/** Both flows at its handler, with the provider asked. */
function wholeOauthFlows({ auth }) {
  async function signIn(subject) {
    const browser = createBrowser(auth.handler, 'http://localhost:3000/api/auth')
    const json = { provider: 'example', callbackURL: '/', disableRedirect: true }
    const started = await browser.request('/sign-in/social', { method: 'POST', json })
    const { url } = await started.json()
    const query = new URLSearchParams({
      code: subject,
      state: new URL(url).searchParams.get('state'),
    })
    const response = await browser.request(`/callback/example?${query}`)
    must(browser.has('better-auth.session_token'), `session: ${locationOf(response)}`)
  }
  return {
    'oauth known/api': { next: knownOnes(signIn), action: signIn },
    'oauth new/api': { action: () => signIn(randomUUID()) },
  }
}

export async function open({ url, size }) {
  const provider = await startProvider()
  const pool = betterAuthPool(url, 10)
  const links = new Map()
  const onLink = (email, token) => links.set(email, token)
  const auth = betterAuth(betterAuthOptions(pool, { onLink, provider: provider.url }))
  const stub = { hash: async () => 'not hashed', verify: async () => true }
  const unhashed = betterAuth(betterAuthOptions(pool, { hash: stub }))
  const { internalAdapter: internal } = await auth.$context
  await unhashed.$context
  const magicLink = {
    next: emailsInTurn(size),
    async action(email) {
      const headers = new Headers()
      await auth.api.signInMagicLink({ body: { email }, headers })
      await auth.api.magicLinkVerify({ query: { token: must(links.get(email), 'link') }, headers })
    },
  }
  const flows = {
    ...sessionFlows({ auth, internal, size }),
    'register/api': registering(auth),
    'register, hash excluded/storage': registering(unhashed),
    'sign in/api': signingIn(auth, size),
    'sign in, hash excluded/storage': signingIn(unhashed, size),
    'magic link/storage': magicLink,
    'magic link/api': magicLink,
    ...oauthFlows({ internal }),
    ...wholeOauthFlows({ auth }),
  }
  async function close() {
    provider.close()
    await pool.end()
  }
  return { flows, close }
}
