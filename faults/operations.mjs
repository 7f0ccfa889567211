/**
 * The operations that workers call, and what each means for the registers of the checker.
 *
 * `call` runs it through the public API. `result` is what the history keeps of the answer (default: nothing).
 * `isRefusal` tells a refusal from a success (default: null, false and `ok: false`). `effects` lists what a call that
 * succeeded has done and seen; of a call whose outcome is unknown the checker takes the writes as possible.
 * `refused` lists the same for a refusal; `possible` effects of a refusal may have been done by the call itself, where
 * a repetition after a lost reply answers as if it had found nothing to do.
 *
 * Effects: `{ write, value, groups? }`, `{ see, value }`, `{ use }`, and on every register of a group `{ writeAll, value,
 * except? }`, `{ seeAll, value }`.
 */
import { createHash, randomUUID } from 'node:crypto'
import { PasswordHash } from 'torii-core'

const bytes = (hex) => Buffer.from(hex, 'hex')
const lifetime = { idleSeconds: 3600, absoluteSeconds: 7200 }
const requestInfo = { ip: '127.0.0.1', userAgent: null }

/** A session of the storage's contract for `{ id, hash }`. */
const newSession = ({ id, hash }, method = 'password') => ({
  id,
  secretHash: bytes(hash),
  methods: [method],
  ip: null,
  userAgent: null,
  ...lifetime,
})
const keyOf = (user, { id, hash }) => ({ userId: user, id, secretHash: bytes(hash) })
const passwordHash = (label) => new PasswordHash(`$faults$${label}`)

/** Ids of the registers. */
export const register = {
  user: (user) => `user ${user}`,
  disabled: (user) => `disabled ${user}`,
  name: (user) => `name ${user}`,
  password: (user) => `password ${user}`,
  session: ({ id, hash }) => `session ${id}/${hash}`,
  link: (hash) => `link ${hash}`,
  reset: (hash) => `reset ${hash}`,
  state: (hash) => `state ${hash}`,
  challenge: (hash) => `challenge ${hash}`,
  event: (id) => `event ${id}`,
}
/** The value of a register, by kind, before the first write. */
export const initialValues = {
  user: 'absent',
  disabled: 'no',
  name: null,
  password: null,
  session: 'dead',
  link: 'dead',
  reset: 'dead',
  state: 'live',
  challenge: 'dead',
  event: 'absent',
}

const sessionsOf = (user) => `sessions of ${user}`
const secretsOf = (id) => `secrets of ${id}`
const linksOf = (user) => `links of ${user}`
const resetsOf = (user) => `resets of ${user}`

const opens = (user, session) => ({
  write: register.session(session),
  value: 'live',
  groups: [sessionsOf(user), secretsOf(session.id)],
})
const dies = (id) => ({ write: id, value: 'dead' })
const seesDead = (id) => ({ see: id, value: 'dead' })
const seesUser = (user) => ({ see: register.user(user), value: 'present' })
const seesNoUser = (user) => ({ see: register.user(user), value: 'absent' })
const seesEnabled = (user) => ({ see: register.disabled(user), value: 'no' })
const endsSessions = (user) => [
  { writeAll: sessionsOf(user), value: 'dead' },
  { writeAll: linksOf(user), value: 'dead' },
  { writeAll: resetsOf(user), value: 'dead' },
]
const deletes = ({ user }) => [
  { write: register.user(user), value: 'absent' },
  { writeAll: sessionsOf(user), value: 'dead' },
  { writeAll: linksOf(user), value: 'dead' },
  { writeAll: resetsOf(user), value: 'dead' },
]
const registers = ({ user, password, session }) => [
  { write: register.user(user), value: 'present' },
  { write: register.password(user), value: password },
  ...(session === undefined ? [] : [opens(user, session)]),
]
const account = ({ user, email, password, session }) => ({
  id: user,
  email,
  emailVerified: true,
  passwordHash: passwordHash(password),
  ...(session === undefined ? {} : { session: newSession(session) }),
})
const auditEvent = (id, user) => ({
  id,
  type: 'faults',
  userId: user,
  sessionId: null,
  ip: null,
  userAgent: null,
  detail: {},
  retentionSeconds: 86_400,
})

const accounts = {
  'users.register': {
    call: ({ storage }, input) => storage.users.register(account(input)),
    effects: registers,
  },
  // Two writes of one transaction: the account and its event are both there, or neither is.
  'transaction.register': {
    call: ({ storage }, { event, ...input }) =>
      storage.transaction(async (tx) => {
        const registration = await tx.users.register(account(input))
        await tx.auditEvents.record([auditEvent(event, input.user)])
        return registration
      }),
    effects: (input) => [
      ...registers(input),
      { write: register.event(input.event), value: 'present' },
    ],
  },
  'users.find': {
    call: ({ storage }, { user }) => storage.users.find(user),
    result: (user) =>
      user && { disabled: user.disabledAt === null ? 'no' : 'yes', name: user.name },
    effects: ({ user }, { disabled, name }) => [
      seesUser(user),
      { see: register.disabled(user), value: disabled },
      { see: register.name(user), value: name },
    ],
    refused: ({ user }) => [seesNoUser(user)],
  },
  'users.updateProfile': {
    call: ({ storage }, { user, name }) => storage.users.updateProfile(user, { name }),
    effects: ({ user, name }) => [seesUser(user), { write: register.name(user), value: name }],
    refused: ({ user }) => [seesNoUser(user)],
  },
  'users.disable': {
    call: ({ storage }, { user }) => storage.users.disable(user),
    effects: ({ user }) => [
      { write: register.disabled(user), value: 'yes' },
      ...endsSessions(user),
    ],
    refused: ({ user }) => [seesNoUser(user)],
  },
  'users.enable': {
    call: ({ storage }, { user }) => storage.users.enable(user),
    effects: ({ user }) => [{ write: register.disabled(user), value: 'no' }],
    refused: ({ user }) => [seesNoUser(user)],
  },
  'users.delete': {
    call: ({ storage }, { user }) => storage.users.delete(user),
    effects: deletes,
    refused: ({ user }) => [seesNoUser(user)],
    possible: deletes,
  },
}

const sessions = {
  'sessions.open': {
    call: ({ storage }, { user, session }) => storage.sessions.open(user, newSession(session)),
    effects: ({ user, session }) => [seesUser(user), seesEnabled(user), opens(user, session)],
  },
  'sessions.validate': {
    call: ({ storage }, { user, session }) =>
      storage.sessions.validate(keyOf(user, session), { touchSeconds: 60 }),
    result: (valid) => valid && { name: valid.user.name },
    effects: ({ user, session }, { name }) => [
      seesUser(user),
      seesEnabled(user),
      { see: register.session(session), value: 'live' },
      { see: register.name(user), value: name },
    ],
    refused: ({ session }) => [seesDead(register.session(session))],
  },
  'sessions.revoke': {
    call: ({ storage }, { user, session }) => storage.sessions.revoke(user, session.id),
    effects: ({ session }) => [{ writeAll: secretsOf(session.id), value: 'dead' }],
    refused: ({ session }) => [{ seeAll: secretsOf(session.id), value: 'dead' }],
    possible: ({ session }) => [{ writeAll: secretsOf(session.id), value: 'dead' }],
  },
  'sessions.end': {
    call: ({ storage }, { user, session }) => storage.sessions.end(keyOf(user, session)),
    effects: ({ session }) => [{ writeAll: secretsOf(session.id), value: 'dead' }],
    refused: ({ session }) => [seesDead(register.session(session))],
    possible: ({ session }) => [{ writeAll: secretsOf(session.id), value: 'dead' }],
  },
  'sessions.revokeAll': {
    call: ({ storage }, { user }) => storage.sessions.revokeAll(user),
    effects: ({ user }) => endsSessions(user),
  },
  'sessions.rotate': {
    call: ({ storage }, { user, session, next }) =>
      storage.sessions.rotate(keyOf(user, session), bytes(next.hash)),
    effects: ({ user, session, next }) => [dies(register.session(session)), opens(user, next)],
    refused: ({ session }) => [seesDead(register.session(session))],
  },
  // Through torii-auth, with its own tokens.
  'torii.open': {
    call: ({ torii }, { user }) => torii.sessions.open(user, 'password', requestInfo),
    result: (opened) =>
      opened.ok ? { session: { id: opened.session.id, hash: opened.token.reveal() } } : null,
    // Of a call that has not returned no one knows the session, which no one can use.
    effects: ({ user }, { session }) =>
      session === undefined ? [] : [seesUser(user), seesEnabled(user), opens(user, session)],
  },
  'torii.validate': {
    call: ({ torii }, { session }) => torii.sessions.validate(session.hash),
    effects: ({ user, session }) => [
      seesUser(user),
      seesEnabled(user),
      { see: register.session(session), value: 'live' },
    ],
    refused: ({ session }) => [seesDead(register.session(session))],
  },
  'torii.signOut': {
    call: ({ torii }, { session }) => torii.sessions.signOut(session.hash),
    isRefusal: () => false,
    effects: ({ session }) => [dies(register.session(session))],
  },
}

/** Attempts are counted, as in production, and never enough to be refused. */
const policy = {
  cap: 1_000_000,
  windowSeconds: 900,
  lockSeconds: 30,
  maxLockSeconds: 3600,
  limit: 1_000_000,
  forgetSeconds: 86_400,
}
const counterOf = (user) => createHash('sha256').update(user).digest()

const passwords = {
  'passwords.find': {
    call: ({ storage }, { user, email }) =>
      storage.passwords.findForSignIn({
        email,
        charges: { account: { key: counterOf(user), policy }, ipAddress: null },
      }),
    isRefusal: (lookup) => !lookup.ok || lookup.credential === null,
    result: ({ credential }) =>
      credential && {
        password: credential.hash.reveal().slice('$faults$'.length),
        epochs: credential.epochs,
      },
    effects: ({ user }, { password }) => [{ see: register.password(user), value: password }],
  },
  'passwords.signIn': {
    call: ({ storage }, { user, password, epochs, session }) =>
      storage.passwords.signIn({
        credential: { userId: user, hash: passwordHash(password), epochs },
        session: newSession(session),
        refund: { account: counterOf(user), ipAddress: null },
      }),
    effects: ({ user, password, session }) => [
      seesUser(user),
      seesEnabled(user),
      { see: register.password(user), value: password },
      opens(user, session),
    ],
  },
}

const resets = ({ user, hash, password }) => [
  { use: register.reset(hash) },
  { write: register.password(user), value: password },
  ...endsSessions(user),
]
const usesUp = (id) => [{ use: id }, dies(id)]
const signsInByLink = ({ user, hash, session }) => [
  ...usesUp(register.link(hash)),
  { writeAll: linksOf(user), value: 'dead' },
  opens(user, session),
]

const tokens = {
  'magicLinks.issue': {
    call: ({ storage }, { email, hash }) =>
      storage.magicLinks.issue({
        email,
        tokenHash: bytes(hash),
        codeHash: null,
        lifetimeSeconds: 3600,
        charges: null,
      }),
    // The fifth live link of an email ends the oldest; which one that is, the history does not show.
    effects: ({ user, hash }) => [
      { writeAll: linksOf(user), value: 'dead', except: register.link(hash), mayBe: true },
      { write: register.link(hash), value: 'live', groups: [linksOf(user)] },
    ],
  },
  'magicLinks.consume': {
    call: ({ storage }, { hash, session }) =>
      storage.magicLinks.consume(bytes(hash), {
        session: newSession(session, 'magic_link'),
        newUserId: null,
      }),
    effects: signsInByLink,
    // The link may be live and its user deleted or disabled: such a use leaves it live.
    refused: () => [],
    possible: signsInByLink,
  },
  'resets.issue': {
    call: ({ storage }, { email, hash }) =>
      storage.verificationTokens.issue({
        purpose: 'reset_password',
        email,
        secretHash: bytes(hash),
        lifetimeSeconds: 3600,
        charges: null,
      }),
    // Nothing is sent, and nothing can be used, when there is no such user or the user is disabled.
    isRefusal: ({ userId }) => userId === null,
    effects: ({ user, hash }) => [
      { writeAll: resetsOf(user), value: 'dead', except: register.reset(hash), mayBe: true },
      { write: register.reset(hash), value: 'live', groups: [resetsOf(user)] },
    ],
  },
  'resets.use': {
    call: ({ storage }, { user, hash, password }) =>
      storage.verificationTokens.resetPassword(
        { userId: user, secretHash: bytes(hash) },
        { hash: passwordHash(password) },
      ),
    effects: resets,
    refused: ({ hash }) => [seesDead(register.reset(hash))],
    possible: resets,
  },
  // A start stores nothing, so every state is live until it is used.
  'oauthStates.use': {
    call: ({ storage }, { hash }) =>
      storage.oauthStates.use({
        hash: bytes(hash),
        expiresAt: new Date(Date.now() + 3_600_000),
        globalEpoch: 0,
      }),
    effects: ({ hash }) => usesUp(register.state(hash)),
    refused: ({ hash }) => [seesDead(register.state(hash))],
    possible: ({ hash }) => usesUp(register.state(hash)),
  },
  'passkeyChallenges.store': {
    call: ({ storage }, { hash, actor }) =>
      storage.passkeyChallenges.store({
        challengeHash: bytes(hash),
        ceremony: 'register',
        holder: { kind: 'session', actor },
        lifetimeSeconds: 3600,
        ipAddress: null,
      }),
    effects: ({ hash }) => [{ write: register.challenge(hash), value: 'live' }],
  },
  'passkeyChallenges.consume': {
    call: ({ storage }, { hash, actor }) =>
      storage.passkeyChallenges.consume({
        challengeHash: bytes(hash),
        ceremony: 'register',
        actor,
      }),
    effects: ({ hash }) => usesUp(register.challenge(hash)),
    refused: ({ hash }) => [seesDead(register.challenge(hash))],
    possible: ({ hash }) => usesUp(register.challenge(hash)),
  },
  'auditEvents.record': {
    call: ({ storage }, { event, user }) => storage.auditEvents.record([auditEvent(event, user)]),
    isRefusal: () => false,
    effects: ({ event }) => [{ write: register.event(event), value: 'present' }],
  },
}

export const operations = { ...accounts, ...sessions, ...passwords, ...tokens }

/** A hash or secret of 32 bytes in hex. Secrets are not of the seed: they must never meet those of another run. */
export const newHash = () => (randomUUID() + randomUUID()).replaceAll('-', '')
