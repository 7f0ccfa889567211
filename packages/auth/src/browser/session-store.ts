import type { SignedIn } from '../http/schema/response-bodies.js'
import type { Client, Failure } from './client.js'
import { current } from './sessions.js'
import type { Tabs } from './tabs.js'
import { hasPage } from './tabs.js'

/** The session of this browser, as far as the page knows it. `switch (state.status)` narrows it. */
export type SessionState = (
  | { readonly status: 'loading'; readonly user: null; readonly session: null }
  | ({ readonly status: 'signed_in' } & SignedIn)
  | { readonly status: 'signed_out'; readonly user: null; readonly session: null }
) & {
  /** Why the last request for the session failed, for example `network`. The other members then stay as they were. */
  readonly error: Failure | null
}

/** The current session, for views. */
export interface SessionSource {
  /** Returns the current state: the same object until something changes. */
  getSnapshot(): SessionState
  /** Returns the first state, which the server has rendered. */
  getInitialSnapshot(): SessionState
  /**
   * Calls the listener after each change, and returns a function that stops this. While there is a listener, the session is
   * requested again when the user comes back to the page, at most every 5 seconds, and when another tab changed it. On a server
   * it does nothing.
   */
  subscribe(listener: () => void): () => void
  /** Requests the session again, for example after your own sign-in route, and returns the new state. */
  refetch(): Promise<SessionState>
}

/** What an operation made of the session; `unknown` if only the server knows. */
export type SessionChange = SessionState | 'unknown'

/** The source, and how operations of this page change it. */
export interface SessionStore extends SessionSource {
  /** Notes that an operation begins. The function that it returns applies what the operation changed. */
  begin(): (change: SessionChange) => void
}

const loading: SessionState = { status: 'loading', user: null, session: null, error: null }
export const signedOut: SessionState = { ...loading, status: 'signed_out' }
export const signedIn = ({ user, session }: SignedIn): SessionState => ({
  status: 'signed_in',
  user,
  session,
  error: null,
})

/** Milliseconds after a request for the session in which coming back to the page does not repeat it. */
const pauseMs = 5000

/** Creates the store. It uses no global of the browser before the first `subscribe`. */
export function createSessionStore(
  client: Client,
  tabs: Tabs,
  initial: SignedIn | null | undefined,
): SessionStore {
  const first = initial === undefined ? loading : initial === null ? signedOut : signedIn(initial)
  const listeners = new Set<() => void>()
  let stopWatching: (() => void) | undefined
  let state = first
  // A response to a request that began before the last operation ended may be outdated.
  let changes = 0
  let requests = 0
  let newest: Promise<SessionState> | undefined
  let requestedAt = initial === undefined ? Number.NEGATIVE_INFINITY : performance.now()

  function set(next: SessionState) {
    // An equal state stays the same object, so that no view renders without a change.
    if (JSON.stringify(next) === JSON.stringify(state)) return
    state = next
    for (const listener of [...listeners]) listener()
  }

  async function request(): Promise<SessionState> {
    requestedAt = performance.now()
    const own = ++requests
    const changesBefore = changes
    const outcome = await current(client)
    if (own !== requests) return newest ?? state
    if (changesBefore !== changes) return refetch()
    if (outcome.ok) set(signedIn(outcome))
    else set(outcome.error === 'unauthenticated' ? signedOut : { ...state, error: outcome })
    return state
  }

  function refetch() {
    newest = request()
    return newest
  }

  function refetchAfterPause() {
    if (performance.now() - requestedAt >= pauseMs) void refetch()
  }

  return {
    getSnapshot: () => state,
    getInitialSnapshot: () => first,
    refetch,
    subscribe(listener) {
      if (!hasPage()) return () => {}
      // The same function may subscribe more than once.
      const own = () => listener()
      listeners.add(own)
      if (stopWatching === undefined) {
        stopWatching = tabs.watch(refetch, refetchAfterPause)
        refetchAfterPause()
      }
      return () => {
        listeners.delete(own)
        if (listeners.size > 0) return
        stopWatching?.()
        stopWatching = undefined
      }
    },
    begin() {
      const changesBefore = changes
      return (change) => {
        const isConcurrent = changesBefore !== changes
        changes++
        // The responses of concurrent operations may arrive in another order than the server ran them.
        if (isConcurrent || change === 'unknown') void refetch()
        else set(change)
      }
    },
  }
}
