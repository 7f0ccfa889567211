/** Whole flows of Torii, as an application calls them: with mail, with a provider, with a passkey. */
import { randomUUID } from 'node:crypto'
import { SoftwareAuthenticator } from '../../packages/auth/dist/webauthn/authenticator.test.support.js'
import { anyAddress, emailsInTurn, knownOnes, must } from './sessions-of.mjs'

const info = () => ({ ip: anyAddress(), userAgent: 'Mozilla/5.0' })

/** Mail that arrives at once: `arrival(email)` resolves to the token of the next link. */
export function createMailbox() {
  const waiting = new Map()
  return {
    mailer: {
      async send({ to, text }) {
        const arrived = waiting.get(to)
        waiting.delete(to)
        arrived?.(must(/token=([\w-]+)/.exec(text)?.[1], 'token'))
      },
    },
    arrival: (email) => new Promise((resolve) => waiting.set(email, resolve)),
  }
}

/** The provider of the benchmark, as Torii defines one. */
export const exampleProvider = (url) => ({
  name: 'example',
  displayName: 'Example',
  clientId: 'bench',
  clientSecret: 'of a benchmark only',
  issuer: url,
  endpoints: { authorization: `${url}/authorize`, token: `${url}/token` },
  scopes: ['user'],
  allowLoopback: true,
  trustEmail: true,
  async readProfile({ getJson }) {
    const { id, email, email_verified, name } = Object(await getJson(`${url}/user`))
    return { subject: id, email, emailVerified: email_verified, name, picture: null, label: email }
  },
})

function magicLink({ torii, mailbox, size }) {
  return {
    next: emailsInTurn(size),
    async act(email) {
      const mail = mailbox.arrival(email)
      must((await torii.magicLink.request({ email }, info())).ok, 'link')
      must((await torii.magicLink.authenticate({ token: await mail }, info())).ok, 'sign-in')
    },
  }
}

function oauth({ torii }) {
  async function signIn(subject) {
    const started = await torii.oauth.start('example', { redirectTo: null, browser: null }, info())
    const query = new URLSearchParams({ code: subject })
    query.set('state', new URL(started.url).searchParams.get('state'))
    const browser = started.browser.reveal()
    const outcome = await torii.oauth.callback('example', { query, browser, valid: null }, info())
    must(outcome.ok, 'sign-in')
  }
  return {
    'oauth known/api': { next: knownOnes(signIn), act: signIn },
    'oauth new/api': { act: () => signIn(randomUUID()) },
  }
}

function passkey({ torii }) {
  const origin = 'http://localhost:3000'
  async function person() {
    const opened = await torii.password.register(
      { email: `${randomUUID()}@example.com`, password: 'a gate of two pillars' },
      info(),
    )
    const valid = must(await torii.sessions.validate(opened.token), 'session')
    const authenticator = new SoftwareAuthenticator({ origin })
    const { challengeId, options } = await torii.passkey.registerOptions(valid, info())
    const response = authenticator.create(options)
    const kept = await torii.passkey.register(valid, { challengeId, response }, info())
    must(kept.ok, 'passkey')
    return authenticator
  }
  // Each its own person, since a caller of one at a time is what people are.
  const idle = []
  return {
    'passkey/api': {
      next: async () => idle.pop() ?? (await person()),
      async act(authenticator) {
        const { challengeId, options } = await torii.passkey.authenticateOptions({}, info())
        const response = authenticator.get(options)
        const outcome = await torii.passkey.authenticate({ challengeId, response }, info())
        must(outcome.ok, 'sign-in')
        idle.push(authenticator)
      },
    },
  }
}

export const apiFlows = (given) => ({
  'magic link/api': magicLink(given),
  ...oauth(given),
  ...passkey(given),
})
