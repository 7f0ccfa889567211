'use client'

import type { ReactElement, ReactNode } from 'react'
import { createContext, createElement, useContext, useState, useSyncExternalStore } from 'react'
import type { SessionClient, SessionClientOptions } from './session-client.js'
import { createSessionClient } from './session-client.js'
import type { SessionState } from './session-store.js'

export type { SessionClient, SessionClientOptions } from './session-client.js'
export type { SessionState } from './session-store.js'

/** The properties of {@link SessionProvider}. */
export interface SessionProviderProps extends SessionClientOptions {
  /** The client of all views below (default: a new one with the other properties). */
  readonly client?: SessionClient
  readonly children?: ReactNode
}

const SessionContext = createContext<SessionClient | null>(null)

/**
 * Provides a client to all views below. With `initial`, the server renders the same view as the browser. Each rendering on a
 * server has its own client, so that no user sees the session of another one.
 */
export function SessionProvider({
  client,
  children,
  ...options
}: SessionProviderProps): ReactElement {
  const [own] = useState(() => client ?? createSessionClient(options))
  return createElement(SessionContext.Provider, { value: client ?? own }, children)
}

/**
 * Returns the client of the nearest {@link SessionProvider}.
 * @throws Error outside of a provider
 */
export function useSessionClient(): SessionClient {
  return requireClient(useContext(SessionContext))
}

/**
 * Returns the session of this browser, and renders again when it changes. Without a {@link SessionProvider}, pass a client that is
 * created once, outside of components.
 * @throws Error without a client
 */
export function useSession(client?: SessionClient): SessionState {
  const provided = useContext(SessionContext)
  const { subscribe, getSnapshot, getInitialSnapshot } = requireClient(client ?? provided)
  return useSyncExternalStore(subscribe, getSnapshot, getInitialSnapshot)
}

function requireClient(client: SessionClient | null): SessionClient {
  if (client !== null) return client
  throw new Error('No session client: render inside <SessionProvider>, or call useSession(client)')
}
