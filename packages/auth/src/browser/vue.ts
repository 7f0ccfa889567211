import type { InjectionKey, ShallowRef } from 'vue'
import { getCurrentScope, inject, onScopeDispose, shallowReadonly, shallowRef } from 'vue'
import type { SessionClient } from './session-client.js'
import type { SessionState } from './session-store.js'

export type { SessionClient, SessionClientOptions } from './session-client.js'
export type { SessionState } from './session-store.js'

/** The key of the client: `app.provide(sessionKey, client)`. On a server create the client for each request. */
export const sessionKey: InjectionKey<SessionClient> = Symbol('torii session')

/**
 * Returns the client that was provided under {@link sessionKey}.
 * @throws Error if none was
 */
export function useSessionClient(): SessionClient {
  const client = inject(sessionKey, null)
  if (client !== null) return client
  throw new Error('No session client: call app.provide(sessionKey, client), or useSession(client)')
}

/**
 * Returns the session of this browser as a ref, until the component or the effect scope ends. Without a provided client, pass
 * one.
 * @throws Error without a client
 */
export function useSession(
  client: SessionClient = useSessionClient(),
): Readonly<ShallowRef<SessionState>> {
  const state = shallowRef(client.getSnapshot())
  const stop = client.subscribe(() => {
    state.value = client.getSnapshot()
  })
  if (getCurrentScope() !== undefined) onScopeDispose(stop)
  return shallowReadonly(state)
}
