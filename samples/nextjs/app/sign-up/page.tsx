import { redirect } from 'next/navigation'
import { requestInfo, setSessionCookie } from 'torii-auth/next'
import { openAuth, openTorii } from '../../auth'

async function signUp(form: FormData) {
  'use server'
  const { torii } = await openTorii()
  const given = { email: String(form.get('email')), password: String(form.get('password')) }
  const outcome = await torii.password.register(given, await requestInfo(openAuth))
  if (!outcome.ok) redirect(`/sign-up?error=${outcome.reason}`)
  // Without a mailer a new account is signed in; with one its email address is verified first.
  if (outcome.session !== null) await setSessionCookie(openAuth, outcome)
  redirect('/account')
}

const messages = new Map([
  ['password_rejected', 'Choose a longer password: a few unrelated words, 15 characters or more.'],
  ['email_taken', 'There is an account with this email address. Sign in instead.'],
])

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<{ error?: string }>
}) {
  const { error } = await searchParams
  return (
    <main>
      <h1>Create an account</h1>
      <form action={signUp}>
        {error !== undefined && (
          <p role="alert">{messages.get(error) ?? 'Registration failed. Try again later.'}</p>
        )}
        <p>
          <label>
            Email <input name="email" type="email" autoComplete="username" required />
          </label>
        </p>
        <p>
          <label>
            Password <input name="password" type="password" autoComplete="new-password" required />
          </label>
        </p>
        <button type="submit">Create account</button>
      </form>
    </main>
  )
}
