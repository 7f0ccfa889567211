import type { OAuthStateKey, OAuthStateRepository } from 'torii-core'
import type { PostgresStorage } from 'torii-storage-postgres'

type OAuthAccounts = PostgresStorage['oauthAccounts']

/**
 * The same storage, where so many seconds have passed for every state of a flow: states end that much earlier. The rows
 * are moved by `elapse`.
 */
export function laterStorage(storage: PostgresStorage, seconds: number): PostgresStorage {
  const later = <State extends OAuthStateKey | null | undefined>(state: State): State =>
    state === null || state === undefined
      ? state
      : { ...state, expiresAt: new Date(state.expiresAt.getTime() - seconds * 1000) }
  const oauthStates: OAuthStateRepository = {
    start: (flow) => storage.oauthStates.start(flow),
    check: ({ state, ...flow }) => storage.oauthStates.check({ ...flow, state: later(state) }),
    use: (state) => storage.oauthStates.use(later(state)),
  }
  const oauthAccounts: OAuthAccounts = {
    ...storage.oauthAccounts,
    signIn: (person) =>
      storage.oauthAccounts.signIn({ ...person, state: later(person.state ?? null) }),
    link: (actor, identity) =>
      storage.oauthAccounts.link(actor, { ...identity, state: later(identity.state ?? null) }),
  }
  const replaced = new Map<PropertyKey, unknown>(Object.entries({ oauthStates, oauthAccounts }))
  return new Proxy(storage, {
    get(target, name) {
      if (replaced.has(name)) return replaced.get(name)
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
