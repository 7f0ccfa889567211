import { html } from '../../html.js'
import type { View } from '../../page.js'
import type { Exchange } from '../gate.js'

type Problem = Extract<Exchange, { ok: false }>['reason']

const problems: Readonly<Record<Problem, { readonly status: number; readonly text: string }>> = {
  wrong: {
    status: 401,
    text: 'Incorrect secret. Use the latest one from the terminal. Each secret works once, within one hour.',
  },
  too_many_tries: {
    status: 429,
    text: 'Too many attempts. Wait a minute, then open this page again for a new secret in the terminal.',
  },
}

/** The form for the secret, which is never part of a URL. */
export function signInView(problem: Problem | null): View {
  const shown = problem === null ? null : problems[problem]
  return {
    status: shown?.status ?? 200,
    title: 'Sign in',
    content: html`<section class="narrow">
<h1>Administrator console</h1>
<p class="lead">Copy the secret from the terminal in which the application runs.</p>
<form class="card" method="post" action="/sign-in">
<label for="secret">Secret</label>
<input id="secret" name="secret" type="password" autocomplete="off" autocapitalize="none" spellcheck="false" required autofocus${
      shown !== null && html` aria-invalid="true"`
    } aria-describedby="secret-note">
<p id="secret-note" class="note${shown !== null && ' error'}">${
      shown?.text ?? 'The line starts with “Admin secret”.'
    }</p>
<button class="button primary whole">Sign in</button>
</form>
</section>`,
  }
}
