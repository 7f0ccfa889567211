import type { View } from '../document.js'
import { submit } from '../parts.js'
import type { Exchange } from './gate.js'

const wrong =
  'Incorrect secret. Use the latest one from the terminal. Each secret works once, within one hour.'
const tooMany =
  'Too many attempts. Wait a minute, then open this page again for a new secret in the terminal.'

/** The form for the secret, which is never part of a URL. */
export function signInView(refused: Extract<Exchange, { ok: false }>['reason'] | null): View {
  const input = { id: 'secret', name: 'secret', type: 'password', autocomplete: 'off' }
  const state = { 'aria-describedby': 'secret-note', 'aria-invalid': refused && 'true' }
  const text = refused === 'wrong' ? wrong : tooMany
  const content = (
    <section class="narrow">
      <h1>Administration console</h1>
      <p class="lead">Copy the secret from the terminal in which the application runs.</p>
      <form class="card form" method="post" action="/sign-in">
        <label for="secret">Secret</label>
        <input {...input} {...state} required autofocus />
        <p id="secret-note" class={refused ? 'below error' : 'below'}>
          {refused ? text : 'The line starts with “Admin secret”.'}
        </p>
        {submit('Sign in', 'primary')}
      </form>
    </section>
  )
  return { title: 'Sign in', content, status: refused ? (refused === 'wrong' ? 401 : 429) : 200 }
}
