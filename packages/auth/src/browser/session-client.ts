import type { SignedIn } from '../http/schema/response-bodies.js'
import type { Client, ClientOptions, Outcome } from './client.js'
import { createClient, defaultBasePath } from './client.js'
import type { SessionChange, SessionSource, SessionState } from './session-store.js'
import { createSessionStore, signedIn, signedOut } from './session-store.js'
import { connectTabs } from './tabs.js'

/** How to reach Torii, and what is known already. */
export interface SessionClientOptions extends ClientOptions {
  /**
   * The result of `auth.initialSession()` on the server that rendered the page; null if no user is signed in. The first state
   * is then `signed_in` or `signed_out`, without a request (default: `loading`, until the server responds).
   */
  readonly initial?: SignedIn | null | undefined
}

/**
 * A client that keeps the current session for views. Every function of `torii-auth/browser` takes it. What a function changes
 * is in the state before its promise is fulfilled.
 */
export interface SessionClient extends Client, SessionSource {}

/**
 * Creates a client that keeps the current session. On a server create one for each request, with `initial`, because it holds
 * the data of one user.
 */
export function createSessionClient(options: SessionClientOptions = {}): SessionClient {
  const { initial, baseUrl = '', basePath = defaultBasePath } = options
  const client = createClient(options)
  const tabs = connectTabs(`torii ${baseUrl}${basePath}`)
  const { begin, ...source } = createSessionStore(client, tabs, initial)
  return {
    ...source,
    async send<Value extends object>(
      method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
      path: string,
      body?: object,
    ) {
      const end = begin()
      const outcome = await client.send<Value>(method, path, body)
      const change = changeBy(method, path, outcome, source.getSnapshot())
      if (change === null) return outcome
      end(change)
      if (outcome.ok) tabs.notify()
      return outcome
    },
  }
}

/** Operations that may change or end this session, and whose responses do not contain it. */
const mayChangeSession =
  /^(reauthenticate$|sessions\/|second-factors\/totp(?:\/confirm)?$|password\/reset\/complete$)/

/** What an operation made of the session; null if it left it as it is. */
function changeBy(
  method: string,
  path: string,
  outcome: Outcome<Partial<SignedIn>>,
  state: SessionState,
): SessionChange | null {
  if (!outcome.ok) return outcome.error === 'unauthenticated' ? signedOut : null
  if (method === 'GET') return null
  if (path === 'sign-out' || (path === 'user' && method === 'DELETE')) return signedOut
  const { user, session = state.session } = outcome
  if (user !== undefined) return session === null ? 'unknown' : signedIn({ user, session })
  return mayChangeSession.test(path) ? 'unknown' : null
}
