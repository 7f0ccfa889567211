import { redirect } from 'next/navigation'
import { requestInfo, setPendingCookie, setSessionCookie } from 'torii-auth/next'
import { openAuth, openTorii } from '../../auth'

async function signIn(form: FormData) {
  'use server'
  const { torii } = await openTorii()
  const given = { email: String(form.get('email')), password: String(form.get('password')) }
  const outcome = await torii.password.authenticate(given, await requestInfo(openAuth))
  if (!outcome.ok && outcome.reason === 'second_factor_required') {
    await setPendingCookie(openAuth, outcome.pending)
    redirect('/auth/second-factors/verify')
  }
  if (!outcome.ok) redirect(`/sign-in?error=${outcome.reason}`)
  await setSessionCookie(openAuth, outcome)
  redirect('/account')
}

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<{ error?: string }>
}) {
  const { error } = await searchParams
  return (
    <main>
      <h1>Sign in</h1>
      <form action={signIn}>
        {error !== undefined && (
          <p role="alert">Sign-in failed. Check your email address and password.</p>
        )}
        <p>
          <label>
            Email <input name="email" type="email" autoComplete="username" required />
          </label>
        </p>
        <p>
          <label>
            Password{' '}
            <input name="password" type="password" autoComplete="current-password" required />
          </label>
        </p>
        <button type="submit">Sign in</button>
      </form>
    </main>
  )
}
