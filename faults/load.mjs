/** The load of a worker: a seeded mix of operations on its own accounts and on some that all workers share. */
import { setTimeout as sleep } from 'node:timers/promises'
import { newAuditEventId, newSessionId, newUserId } from 'torii-core'
import { newHash } from './operations.mjs'

/** How often each step is taken, where a control does not say otherwise. */
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

const newPassword = () => newHash().slice(0, 12)

/** A new account, not yet registered. */
export function newAccount(withSession = true) {
  const user = newUserId()
  const account = { user, email: `${user}@example.com`, password: newPassword() }
  return withSession ? { ...account, session: freshSession() } : account
}

export const freshSession = () => ({ id: newSessionId(), hash: newHash() })

/** The accounts that a caller uses, with the sessions that it has seen of each, alive or dead. */
class Accounts {
  #own = []
  #sessions = new Map()
  #shared
  #random

  constructor(random, shared) {
    this.#random = random
    this.#shared = shared
  }

  any() {
    const pickOwn = this.#own.length > 0 && !this.#random.chance(0.2)
    return this.#random.pick(pickOwn ? this.#own : this.#shared)
  }

  /** One of its own, which may be deleted; undefined while there are few. */
  own = () => (this.#own.length < 2 ? undefined : this.#random.pick(this.#own))

  add(account) {
    if (this.#own.length >= mostAccounts) this.#own.shift()
    this.#own.push(account)
    this.remember(account, account.session)
  }

  remember({ user }, session) {
    const sessions = this.#sessions.get(user) ?? []
    this.#sessions.set(user, [...sessions, session].slice(-mostSessions))
  }

  sessionOf = ({ user }) => this.#random.pick(this.#sessions.get(user) ?? [])
}

/** One caller of a worker: each step is a few operations as one person would cause them. */
export class Load {
  #call
  #random
  #accounts
  #weights

  /**
   * @param call from `createCaller`
   * @param weights how often each step is taken, by the name of its method
   * @param shared accounts that every worker uses and none deletes
   */
  constructor({ call, random, shared, weights = usualWeights }) {
    this.#call = call
    this.#random = random
    this.#accounts = new Accounts(random, shared)
    this.#weights = weights
  }

  async step(pauseMs) {
    await this[this.#random.weighted(this.#weights)]()
    await sleep(this.#random.between(0, 2 * pauseMs))
  }

  /** The same operation several times at once: at most one may succeed. */
  #race = (name, inputs) => Promise.all(inputs.map((input) => this.#call(name, input)))

  async #openFor(account) {
    const session = freshSession()
    const { outcome } = await this.#call('sessions.open', { user: account.user, session })
    if (outcome !== 'refused') this.#accounts.remember(account, session)
    return session
  }

  /** An account with one of its sessions, alive or dead. */
  async #anySession() {
    const account = this.#accounts.any()
    const session = this.#accounts.sessionOf(account) ?? (await this.#openFor(account))
    return { user: account.user, session }
  }

  async validate() {
    await this.#call('sessions.validate', await this.#anySession())
  }

  async open() {
    await this.#openFor(this.#accounts.any())
  }

  async signIn() {
    const account = this.#accounts.any()
    const { user, email } = account
    const { outcome, result } = await this.#call('passwords.find', { user, email })
    if (outcome !== 'ok') return
    const session = freshSession()
    const signedIn = await this.#call('passwords.signIn', { user, ...result, session })
    if (signedIn.outcome !== 'refused') this.#accounts.remember(account, session)
  }

  async magicLink() {
    const { user, email } = this.#accounts.any()
    const hash = newHash()
    const consumption = () => ({ user, hash, session: freshSession() })
    await this.#call('magicLinks.issue', { user, email, hash })
    await this.#race('magicLinks.consume', [consumption(), consumption()])
    if (this.#random.chance(0.3)) await this.#call('magicLinks.consume', consumption())
  }

  async oauthState() {
    const hash = newHash()
    await this.#race('oauthStates.use', [{ hash }, { hash }])
  }

  async reset() {
    const { user, email } = this.#accounts.any()
    const hash = newHash()
    const { outcome } = await this.#call('resets.issue', { user, email, hash })
    if (outcome !== 'ok') return
    const use = () => ({ user, hash, password: newPassword() })
    await this.#race('resets.use', [use(), use()])
  }

  async passkeyChallenge() {
    const { user, session } = await this.#anySession()
    const { value: valid } = await this.#call('sessions.validate', { user, session })
    if (!valid) return
    const actor = { userId: user, sessionId: session.id, epochs: valid.epochs }
    const challenge = { hash: newHash(), actor }
    await this.#call('passkeyChallenges.store', challenge)
    await this.#race('passkeyChallenges.consume', [challenge, challenge])
  }

  async register() {
    const account = newAccount()
    await this.#call('users.register', account)
    this.#accounts.add(account)
  }

  async transaction() {
    const event = newAuditEventId()
    await this.#call('transaction.register', { ...newAccount(false), event })
  }

  async revoke() {
    await this.#call('sessions.revoke', await this.#anySession())
  }

  async end() {
    await this.#call('sessions.end', await this.#anySession())
  }

  async rotate() {
    const { user, session } = await this.#anySession()
    const next = { id: session.id, hash: newHash() }
    await this.#call('sessions.rotate', { user, session, next })
    this.#accounts.remember({ user }, next)
  }

  async revokeAll() {
    await this.#call('sessions.revokeAll', { user: this.#accounts.any().user })
  }

  async rename() {
    const { user } = this.#accounts.any()
    await this.#call('users.updateProfile', { user, name: `name ${newHash().slice(0, 12)}` })
  }

  async find() {
    await this.#call('users.find', { user: this.#accounts.any().user })
  }

  async audit() {
    const { user } = this.#accounts.any()
    await this.#call('auditEvents.record', { event: newAuditEventId(), user })
  }

  async torii() {
    const { user } = this.#accounts.any()
    const { result } = await this.#call('torii.open', { user })
    if (result === undefined) return
    const { session } = result
    await this.#call('torii.validate', { user, session })
    await this.#call('torii.signOut', { user, session })
    await this.#call('torii.validate', { user, session })
  }

  async disable() {
    const { user } = this.#accounts.any()
    await this.#call('users.disable', { user })
    await this.#call('sessions.open', { user, session: freshSession() })
    await this.#call('users.enable', { user })
    await this.#call('users.find', { user })
  }

  async delete() {
    const account = this.#accounts.own()
    if (account === undefined) return
    const { user, email } = account
    await this.#call('users.delete', { user, email })
    await this.#call('users.find', { user })
  }
}
