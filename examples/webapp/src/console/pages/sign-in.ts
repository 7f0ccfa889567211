import { html } from '../../html.js'
import type { View } from '../../page.js'
import type { Exchange } from '../gate.js'

type Trouble = Extract<Exchange, { ok: false }>['reason']

const troubles: Readonly<Record<Trouble, { readonly status: number; readonly text: string }>> = {
  wrong: {
    status: 401,
    text: 'That is not the secret. Take the line that was printed last; each is good for one hour and one session.',
  },
  too_many_tries: {
    status: 429,
    text: 'Too many wrong tries. Wait a minute and open this page again: a new secret is printed then.',
  },
}

/** Asks for the secret. It is typed here and is never part of an address. */
export function signInView(trouble: Trouble | null): View {
  const shown = trouble === null ? null : troubles[trouble]
  return {
    status: shown?.status ?? 200,
    title: 'Sign in',
    content: html`<section class="narrow">
<h1>Administrator’s console</h1>
<p class="lead">The terminal in which the application runs shows a secret. Copy it from there.</p>
<form class="card" method="post" action="/sign-in">
<label for="secret">Secret</label>
<input id="secret" name="secret" type="password" autocomplete="off" autocapitalize="none" spellcheck="false" required autofocus${
      shown !== null && html` aria-invalid="true"`
    } aria-describedby="secret-note">
<p id="secret-note" class="note${shown !== null && ' error'}">${
      shown?.text ?? 'The line begins with “Admin secret”.'
    }</p>
<button class="button primary whole">Sign in</button>
</form>
</section>`,
  }
}
