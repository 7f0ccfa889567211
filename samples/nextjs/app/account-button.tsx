'use client'

import { sessions } from 'torii-auth/browser'
import { useSession, useSessionClient } from 'torii-auth/react'

/** Shows the session in the browser, from the first view on, and signs out. */
export function AccountButton() {
  const state = useSession()
  const client = useSessionClient()
  if (state.status !== 'signed_in') return null
  return (
    <button type="button" onClick={() => sessions.signOut(client)}>
      Sign out {state.user.email}
    </button>
  )
}
