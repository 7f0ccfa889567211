import type { AccountView } from 'torii-auth'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import { moment, momentOr } from '../parts.js'

/** The sign-in methods of the user, without any secret. */
export const signInMethodsPanel = ({
  user,
  password,
  oauthAccounts,
  passkeys,
}: AccountView): Html => html`<section class="card panel" aria-labelledby="sign-in-methods">
<h2 id="sign-in-methods">Sign-in methods</h2>
<ul class="rows">
<li class="row"><p class="row-title">Password</p><p class="muted">${password ? 'Set' : 'None'}</p></li>
<li class="row"><p class="row-title">Email</p><p class="muted">${user.email ?? 'None'}</p></li>
${passkeys.map(
  ({ name, createdAt, lastUsedAt }) =>
    html`<li class="row"><div><p class="row-title">Passkey</p><p class="muted">${name}</p></div>
<p class="muted">added ${moment(createdAt)}, ${lastUsedAt === null ? 'never used' : html`last used ${moment(lastUsedAt)}`}</p></li>`,
)}
${oauthAccounts.map(
  ({ provider, label, createdAt, lastUsedAt }) =>
    html`<li class="row"><div><p class="row-title">${provider}</p>${label !== null && html`<p class="muted">${label}</p>`}</div>
<p class="muted">linked ${moment(createdAt)}, last used ${momentOr(lastUsedAt, 'never')}</p></li>`,
)}
</ul>
</section>`
