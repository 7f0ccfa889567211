import type { SessionClient } from './session-client.js'
import type { SessionState } from './session-store.js'

export type { SessionClient, SessionClientOptions } from './session-client.js'
export type { SessionState } from './session-store.js'

/** A store of Svelte: in a component, `$session` is its value. */
export interface SessionStore {
  /** Calls `run` with the state now and after each change, and returns a function that stops this. */
  subscribe(run: (state: SessionState) => void): () => void
}

/**
 * Returns the session of this browser as a store. On a server create the client for each request.
 * @see https://svelte.dev/docs/svelte/stores#Store-contract
 */
export function useSession(client: SessionClient): SessionStore {
  return {
    subscribe(run) {
      run(client.getSnapshot())
      return client.subscribe(() => run(client.getSnapshot()))
    },
  }
}
