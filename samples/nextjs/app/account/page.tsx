import { redirect } from 'next/navigation'
import { clearSessionCookie, requireSession, requireUser } from 'torii-auth/next'
import { openAuth, openTorii } from '../../auth'

async function signOut() {
  'use server'
  const valid = await requireSession(openAuth, { redirectTo: '/sign-in' })
  const { torii } = await openTorii()
  await torii.sessions.revoke(valid, valid.session.id)
  await clearSessionCookie(openAuth)
  redirect('/sign-in')
}

export default async function Page() {
  const user = await requireUser(openAuth, { redirectTo: '/sign-in' })
  return (
    <form action={signOut}>
      <p>Your account: {user.email}</p>
      <button type="submit">Sign out</button>
    </form>
  )
}
