import type { SessionClientOptions } from 'torii-auth/browser'
import { password, sessions } from 'torii-auth/browser'
import { SessionProvider, useSession, useSessionClient } from 'torii-auth/react'

/** A page with one view, for the server that renders it and for the browser. */
export function App(options: SessionClientOptions) {
  return (
    <SessionProvider {...options}>
      <Account />
    </SessionProvider>
  )
}

function Account() {
  const state = useSession()
  const client = useSessionClient()
  switch (state.status) {
    case 'loading':
      return <p>Loading</p>
    case 'signed_out':
      return (
        <button
          type="button"
          onClick={() =>
            password.authenticate(client, {
              email: 'ada@example.com',
              password: 'a gate of two pillars',
            })
          }
        >
          Sign in
        </button>
      )
    case 'signed_in':
      return (
        <button type="button" onClick={() => sessions.signOut(client)}>
          Sign out {state.user.email}
        </button>
      )
  }
}
