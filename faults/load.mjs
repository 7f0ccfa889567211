/** The load of a worker: a seeded mix of operations on its own accounts and on some that all workers share. */
import { setTimeout as sleep } from 'node:timers/promises'
import { newAuditEventId, newSessionId, newUserId } from 'torii-core'
import { newHash } from './operations.mjs'

/** How often each step is taken, where a schedule does not say otherwise. */
const usualWeights = {
  validate: 30,
  open: 12,
  signIn: 8,
  magicLink: 8,
  oauthState: 6,
  register: 6,
  revoke: 4,
  end: 4,
  rotate: 4,
  reset: 4,
  passkeyChallenge: 4,
  rename: 4,
  find: 4,
  transaction: 4,
  audit: 3,
  torii: 3,
  disable: 3,
  revokeAll: 2,
  delete: 2,
}

const mostAccounts = 40
const mostSessions = 12

/** A new account, not yet registered. */
export function newAccount(withSession = true) {
  const user = newUserId()
  const email = `${user}@example.com`
  const password = newHash().slice(0, 12)
  return { user, email, password, ...(withSession ? { session: freshSession() } : {}) }
}

export const freshSession = () => ({ id: newSessionId(), hash: newHash() })

/**
 * One caller of a worker. `step()` runs the next step.
 * @param call from `createCaller`
 * @param weights how often each step is taken
 * @param shared accounts `{ user, email }` that every worker uses and none deletes
 */
export function createLoad({ call, random, shared, weights = usualWeights }) {
  const own = []
  const known = new Map()
  const sessionsOf = ({ user }) => known.get(user) ?? known.set(user, []).get(user)

  function remember(account, session) {
    const sessions = sessionsOf(account)
    sessions.push(session)
    if (sessions.length > mostSessions) sessions.splice(0, 1)
  }

  const anyAccount = () =>
    own.length === 0 || random.chance(0.2) ? random.pick(shared) : random.pick(own)

  async function openFor(account) {
    const session = freshSession()
    const { outcome } = await call('sessions.open', { user: account.user, session })
    if (outcome !== 'refused') remember(account, session)
    return session
  }

  /** An account with one of its sessions, alive or dead. */
  async function anySession() {
    const account = anyAccount()
    const session = random.pick(sessionsOf(account)) ?? (await openFor(account))
    return { user: account.user, session }
  }

  /** The same call twice at the same time: at most one of the two may succeed. */
  const race = (name, inputs) => Promise.all(inputs.map((input) => call(name, input)))

  async function useLink({ user, email }) {
    const hash = newHash()
    await call('magicLinks.issue', { email, hash })
    const sessions = [freshSession(), freshSession()]
    await race(
      'magicLinks.consume',
      sessions.map((session) => ({ user, hash, session })),
    )
    if (random.chance(0.3))
      await call('magicLinks.consume', { user, hash, session: freshSession() })
  }

  async function useReset({ user, email }) {
    const hash = newHash()
    const { outcome } = await call('resets.issue', { user, email, hash })
    if (outcome !== 'ok') return
    const passwords = [newHash().slice(0, 12), newHash().slice(0, 12)]
    await race(
      'resets.use',
      passwords.map((password) => ({ user, hash, password })),
    )
  }

  async function useState() {
    const hash = newHash()
    await call('oauthStates.store', { hash })
    await race('oauthStates.consume', [{ hash }, { hash }])
  }

  async function useChallenge() {
    const { user, session } = await anySession()
    const { value: valid } = await call('sessions.validate', { user, session })
    if (!valid) return
    const actor = { userId: user, sessionId: session.id, epochs: valid.epochs }
    const hash = newHash()
    await call('passkeyChallenges.store', { hash, actor })
    await race('passkeyChallenges.consume', [
      { hash, actor },
      { hash, actor },
    ])
  }

  async function signIn(account) {
    const { user, email } = account
    const { outcome, result } = await call('passwords.find', { user, email })
    if (outcome !== 'ok') return
    const session = freshSession()
    const signedIn = await call('passwords.signIn', { user, ...result, session })
    if (signedIn.outcome !== 'refused') remember(account, session)
  }

  async function rotate() {
    const { user, session } = await anySession()
    const next = { id: session.id, hash: newHash() }
    await call('sessions.rotate', { user, session, next })
    remember({ user }, next)
  }

  async function throughTorii({ user }) {
    const { result } = await call('torii.open', { user })
    if (result === undefined) return
    const { session } = result
    await call('torii.validate', { user, session })
    await call('torii.signOut', { user, session })
    await call('torii.validate', { user, session })
  }

  async function disable({ user }) {
    await call('users.disable', { user })
    await call('sessions.open', { user, session: freshSession() })
    await call('users.enable', { user })
    await call('users.find', { user })
  }

  const steps = {
    validate: async () => call('sessions.validate', await anySession()),
    open: () => openFor(anyAccount()),
    signIn: () => signIn(anyAccount()),
    magicLink: () => useLink(anyAccount()),
    oauthState: useState,
    async register() {
      if (own.length >= mostAccounts) own.splice(0, 1)
      const account = newAccount()
      await call('users.register', account)
      own.push(account)
      remember(account, account.session)
    },
    revoke: async () => call('sessions.revoke', await anySession()),
    end: async () => call('sessions.end', await anySession()),
    rotate,
    reset: () => useReset(anyAccount()),
    passkeyChallenge: useChallenge,
    rename: () =>
      call('users.updateProfile', {
        user: anyAccount().user,
        name: `name ${newHash().slice(0, 12)}`,
      }),
    find: () => call('users.find', { user: anyAccount().user }),
    transaction: () =>
      call('transaction.register', { ...newAccount(false), event: newAuditEventId() }),
    audit: () => call('auditEvents.record', { event: newAuditEventId(), user: anyAccount().user }),
    torii: () => throughTorii(anyAccount()),
    disable: () => disable(anyAccount()),
    revokeAll: () => call('sessions.revokeAll', { user: anyAccount().user }),
    async delete() {
      if (own.length < 2) return
      const { user, email } = random.pick(own)
      await call('users.delete', { user, email })
      await call('users.find', { user })
    },
  }

  return {
    async step(pauseMs) {
      await steps[random.weighted(weights)]()
      await sleep(random.between(0, 2 * pauseMs))
    },
  }
}
