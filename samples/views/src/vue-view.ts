import { password, sessions } from 'torii-auth/browser'
import { useSession, useSessionClient } from 'torii-auth/vue'
import { defineComponent, h } from 'vue'

/** A view. `app.provide(sessionKey, client)` gives it the client. */
export const Account = defineComponent(() => {
  const state = useSession()
  const client = useSessionClient()
  const signIn = () =>
    password.authenticate(client, { email: 'ada@example.com', password: 'a gate of two pillars' })
  return () => {
    switch (state.value.status) {
      case 'loading':
        return h('p', 'Loading')
      case 'signed_out':
        return h('button', { onClick: signIn }, 'Sign in')
      case 'signed_in':
        return h(
          'button',
          { onClick: () => sessions.signOut(client) },
          `Sign out ${state.value.user.email}`,
        )
    }
  }
})
