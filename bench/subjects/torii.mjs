import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import { Torii } from 'torii-auth'
import { createHandler } from 'torii-auth/http'
import {
  encryptedTotpSecret,
  newOAuthAccountId,
  newPasskeyId,
  newSessionId,
  newUserId,
  PasswordHash,
  rateLimitKey,
  SessionToken,
  tokenHash,
} from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { spareSessions } from '../data.mjs'
import {
  emailOf,
  password,
  pick,
  secretHashOf,
  secretOf,
  sessionIdOf,
  toriiTokenOf,
  userIdOf,
} from '../keys.mjs'
import { startProvider } from './provider.mjs'
import { anyAddress, anySession, knownOnes, must, readyMade, spareNumbers } from './sessions-of.mjs'
import { apiFlows, createMailbox, exampleProvider } from './torii-api.mjs'

/** Validations must not find a touch due, as peers' sessions are not due either. */
const session = { idleSeconds: 604_800, absoluteSeconds: 2_592_000, touchSeconds: 86_400 }
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const wide = {
  cap: 1_000_000,
  windowSeconds: 1000,
  lockSeconds: 1000,
  maxLockSeconds: 1000,
  limit: 1_000_000,
  forgetSeconds: 100_000,
}

const freshHash = () => tokenHash(randomBytes(32))
const freshSession = (method) => ({
  id: newSessionId(),
  secretHash: freshHash(),
  methods: [method],
  ip: '192.0.2.1',
  userAgent,
  idleSeconds: session.idleSeconds,
  absoluteSeconds: session.absoluteSeconds,
})
const freshEmail = () => `${randomUUID()}@example.com`
const charge = () => ({ key: rateLimitKey(randomBytes(32)), policy: wide })

function sessionFlows({ storage, torii, handler, size }) {
  const { touchSeconds } = session
  const token = () => {
    const { n, user } = anySession(size)
    return toriiTokenOf(user, n)
  }
  return {
    'validate/storage': {
      next: readyMade(size, ({ n, user }) => ({
        userId: userIdOf(user),
        id: sessionIdOf(n),
        secret: secretOf(n),
      })),
      async action({ userId, id, secret }) {
        const key = { userId, id, secretHash: secretHashOf(secret) }
        must(await storage.sessions.validate(key, { touchSeconds }), 'session')
      },
    },
    'validate/api': {
      next: readyMade(size, () => ({ method: 'GET', headers: { cookie: `torii=${token()}` } })),
      action: async (request) => must(await handler.getSession(request), 'session'),
    },
    'session request/api': {
      next: () =>
        new Request('http://localhost:3000/auth/session', {
          headers: { cookie: `torii=${token()}` },
        }),
      async action(request) {
        const response = await handler(request)
        if (response.status !== 200) throw new Error(`status ${response.status}`)
        await response.arrayBuffer()
      },
    },
    'open session/storage': {
      async action() {
        const opened = await storage.sessions.open(
          userIdOf(pick(size.users)),
          freshSession('password'),
        )
        must(opened.ok, 'opened session')
      },
    },
    'sign out/api': {
      next: spareNumbers(size, spareSessions(size)),
      async action(n) {
        const text = toriiTokenOf(1 + (n % size.users), n)
        must(await torii.sessions.signOut(new SessionToken(text)), 'session')
      },
    },
  }
}

function passwordFlows({ storage, torii, size }) {
  const info = () => ({ ip: anyAddress(), userAgent })
  const hash = new PasswordHash(
    `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`,
  )
  return {
    'register/api': {
      async action() {
        const made = await torii.password.register(
          { email: freshEmail(), password, name: 'Ada' },
          info(),
        )
        must(made.ok, 'account')
      },
    },
    'register, hash excluded/storage': {
      async action() {
        await storage.rateLimits.charge({ account: null, ipAddress: charge() })
        const made = await storage.users.register({
          id: newUserId(),
          email: freshEmail(),
          name: 'Ada',
          passwordHash: hash,
          session: freshSession('password'),
        })
        must(made.ok, 'account')
      },
    },
    'sign in/api': {
      async action() {
        const email = emailOf(pick(size.users))
        must((await torii.password.authenticate({ email, password }, info())).ok, 'sign-in')
      },
    },
    'sign in, hash excluded/storage': {
      async action() {
        const charges = { account: charge(), ipAddress: charge() }
        const email = emailOf(pick(size.users))
        const found = await storage.passwords.findForSignIn({ email, charges })
        const refund = { account: charges.account.key, ipAddress: charges.ipAddress.key }
        const opened = await storage.passwords.signIn({
          credential: must(found.credential, 'credential'),
          session: freshSession('password'),
          refund,
        })
        must(opened.ok, 'sign-in')
      },
    },
  }
}

/** A sign-in of a user with an authenticator application: password and code, without hashing and without the code's HMAC. */
function secondFactorFlows({ storage }) {
  const { secondFactors } = storage
  const hash = new PasswordHash(
    `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`,
  )
  async function owner() {
    const [id, email, opening] = [newUserId(), freshEmail(), freshSession('password')]
    const user = { id, email, emailVerified: true, passwordHash: hash, session: opening }
    must((await storage.users.register(user)).ok, 'account')
    const actor = { userId: id, sessionId: opening.id, epochs: { session: 0, owner: 0 } }
    const secret = encryptedTotpSecret(new Uint8Array(randomBytes(60)))
    must(await secondFactors.startTotp(actor, secret), 'enrollment')
    const recoveryCodes = Array.from({ length: 10 }, freshHash)
    const confirmation = { secret, step: 1, newSecretHash: freshHash(), recoveryCodes }
    must((await secondFactors.confirmTotp(actor, confirmation)).ok, 'second factor')
    return { email, step: 1 }
  }
  const idle = []
  return {
    'sign in with a code, hash excluded/storage': {
      next: async () => idle.pop() ?? (await owner()),
      async action(person) {
        const charges = { account: charge(), ipAddress: charge() }
        const { email } = person
        const found = await storage.passwords.findForSignIn({ email, charges })
        const refund = { account: charges.account.key, ipAddress: charges.ipAddress.key }
        const credential = must(found.credential, 'credential')
        const session = freshSession('password')
        await storage.passwords.signIn({ credential, session, refund })
        const key = { userId: credential.userId, id: session.id, secretHash: session.secretHash }
        const codes = { account: charge(), ipAddress: null }
        must((await secondFactors.findForSignIn({ key, charges: codes })).ok, 'pending sign-in')
        person.step += 1
        const opened = await secondFactors.signIn({
          key,
          step: person.step,
          session: { id: newSessionId(), secretHash: freshHash() },
          refund: { account: codes.account.key, ipAddress: null },
        })
        must(opened.ok, 'sign-in')
        idle.push(person)
      },
    },
  }
}

function mailFlows({ storage, size }) {
  return {
    'magic link/storage': {
      async action() {
        const hash = freshHash()
        const email = emailOf(pick(size.users))
        const charges = { address: charge(), ipAddress: charge() }
        await storage.magicLinks.issue({
          email,
          tokenHash: hash,
          codeHash: null,
          lifetimeSeconds: 600,
          charges,
        })
        const proof = { session: freshSession('magic_link'), newUserId: newUserId() }
        const used = await storage.magicLinks.consume(hash, proof)
        // Someone else may have asked for the same address meanwhile: then this link is dead.
        if (!used.ok && used.reason !== 'invalid_token') throw new Error(used.reason)
      },
    },
  }
}

function oauthFlows({ storage }) {
  const person = (subject, email) => ({
    provider: 'example',
    subject,
    label: email,
    tokens: null,
    email,
    emailVerified: true,
    newUserId: newUserId(),
    newAccountId: newOAuthAccountId(),
    name: 'Ada',
    picture: null,
    session: freshSession('oauth'),
  })
  /** What torii-auth calls: at the start, before the provider is asked, and to sign in, which uses the state. */
  async function signIn(subject) {
    const started = await storage.oauthStates.start({ lifetimeSeconds: 600, ipAddress: null })
    must(started.ok, 'start')
    const { expiresAt, globalEpoch } = started
    const state = { hash: freshHash(), expiresAt, globalEpoch }
    must((await storage.oauthStates.check({ state })).ok, 'state')
    const given = { ...person(subject, `${subject}@example.com`), state }
    must((await storage.oauthAccounts.signIn(given)).ok, 'sign-in')
  }
  return {
    'oauth known/storage': { next: knownOnes(signIn), action: signIn },
    'oauth new/storage': { action: () => signIn(randomUUID()) },
  }
}

/** Sign-in by passkey without its cryptography: the challenge is stored, then used up, then the passkey is. */
function passkeyFlows({ storage }) {
  const epochs = { session: 0, owner: 0 }
  async function person() {
    const [id, opening] = [newUserId(), freshSession('password')]
    const user = { id, email: freshEmail(), emailVerified: true, session: opening }
    must((await storage.users.register(user)).ok, 'account')
    const credentialId = new Uint8Array(randomBytes(32))
    const passkey = {
      id: newPasskeyId(),
      credentialId,
      publicKey: new Uint8Array(randomBytes(77)),
      signCount: 0,
      userHandle: new Uint8Array(randomBytes(64)),
      userVerified: true,
      backupEligible: true,
      backedUp: true,
      aaguid: randomUUID(),
      transports: ['internal'],
      name: 'Key',
    }
    const actor = { userId: id, sessionId: opening.id, epochs }
    must((await storage.passkeys.add(actor, passkey, { max: 10 })).ok, 'passkey')
    return { credentialId, userId: id }
  }
  const idle = []
  return {
    'passkey/storage': {
      next: async () => idle.pop() ?? (await person()),
      async action(owner) {
        const challengeHash = freshHash()
        const answered = { challengeHash, ceremony: 'authenticate' }
        const challenge = {
          ...answered,
          holder: { kind: 'anyone' },
          lifetimeSeconds: 300,
          ipAddress: null,
        }
        await storage.passkeyChallenges.store(challenge)
        const { credentialId } = owner
        must(await storage.passkeys.findForSignIn({ ...answered, credentialId }), 'credential')
        const use = { ...owner, signCount: 0, backedUp: true, epochs }
        const opened = await storage.passkeys.signIn(use, { session: freshSession('passkey') })
        must(opened.ok, 'sign-in')
        idle.push(owner)
      },
    },
  }
}

/** Whole flows, by a Torii that mails, asks a provider and seals challenges. */
async function apiOf({ storage, size }) {
  const provider = await startProvider()
  const mailbox = createMailbox()
  const torii = new Torii(storage, {
    baseUrl: 'http://localhost:3000',
    session,
    mailer: mailbox.mailer,
    requireVerifiedEmail: false,
    keys: [{ id: 'bench', secret: randomBytes(32) }],
    oauth: { providers: [exampleProvider(provider.url)] },
    password: { hashing: { maxWaiting: 1000 } },
  })
  return { flows: apiFlows({ torii, mailbox, size }), close: provider.close }
}

export async function open({ url, size }) {
  const pool = new pg.Pool({ connectionString: url, idleTimeoutMillis: 0, max: 10 })
  const storage = new PostgresStorage(pool)
  const torii = new Torii(storage, {
    baseUrl: 'http://localhost:3000',
    session,
    password: { hashing: { maxWaiting: 1000 } },
  })
  const given = { storage, torii, handler: createHandler(torii), size }
  const flows = {
    ...sessionFlows(given),
    ...passwordFlows(given),
    ...secondFactorFlows(given),
    ...mailFlows(given),
    ...oauthFlows(given),
    ...passkeyFlows(given),
  }
  const whole = await apiOf(given)
  async function close() {
    whole.close()
    await pool.end()
  }
  return { flows: { ...flows, ...whole.flows }, close }
}
