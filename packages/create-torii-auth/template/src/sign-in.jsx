import { useState } from 'react'
import { password } from 'torii-auth/browser'
import { useSessionClient } from 'torii-auth/react'

export function SignIn() {
  const client = useSessionClient()
  const [isNew, setNew] = useState(false)
  const [message, setMessage] = useState('')

  async function submit(event) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const person = { email: form.get('email'), password: form.get('password') }
    const outcome = isNew
      ? await password.register(client, person)
      : await password.authenticate(client, { ...person, remember: form.has('remember') })
    // After `signed_in` the page changes by itself.
    if (outcome.status === 'accepted')
      setMessage('Check your mail, and confirm your email address.')
    else if (outcome.status === 'second_factor_required')
      // Torii's page asks for the code, and comes back here.
      location.assign('/auth/second-factors/verify')
    else if (!outcome.ok) setMessage(outcome.message)
  }

  async function reset(event) {
    const email = new FormData(event.currentTarget.form).get('email')
    if (email === '') return setMessage('Enter your email address first.')
    const outcome = await password.requestReset(client, email)
    setMessage(
      outcome.ok ? 'Check your mail for a link that sets a new password.' : outcome.message,
    )
  }

  return (
    <form onSubmit={submit}>
      <h1>{isNew ? 'Create an account' : 'Sign in'}</h1>
      <label>
        Email
        <input name="email" type="email" autoComplete="username" required />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          aria-describedby={isNew ? 'password-hint' : undefined}
          required
        />
        {isNew && (
          <small id="password-hint">15 characters or more. A few words are easy to remember.</small>
        )}
      </label>
      {!isNew && (
        <label className="inline">
          <input name="remember" type="checkbox" defaultChecked /> Keep me signed in
        </label>
      )}
      <p role="alert">{message}</p>
      <button type="submit">{isNew ? 'Create account' : 'Sign in'}</button>
      <div className="links">
        <button type="button" className="link" onClick={() => setNew(!isNew)}>
          {isNew ? 'I have an account' : 'Create an account'}
        </button>
        {!isNew && (
          <button type="button" className="link" onClick={reset}>
            Forgot your password?
          </button>
        )}
      </div>
    </form>
  )
}
