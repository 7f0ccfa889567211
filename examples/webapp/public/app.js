import { createClient, sessions } from 'torii-auth/browser'

const client = createClient()
document.querySelector('[data-act=sign-out]')?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const outcome = await sessions.signOut(client)
  if (outcome.ok) location.assign('/')
})
