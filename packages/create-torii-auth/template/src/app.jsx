import { useSession } from 'torii-auth/react'
import { Account } from './account.jsx'
import { SignIn } from './sign-in.jsx'

export function App() {
  const state = useSession()
  switch (state.status) {
    case 'loading':
      return <p>One moment…</p>
    case 'signed_out':
      return <SignIn />
    default:
      return <Account key={state.user.id} user={state.user} />
  }
}
