import type { AccountView } from 'torii-auth'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import { confirmed, moment, momentOr } from '../parts.js'

/** The sign-in methods and second factors of the user, without any secret. */
export const signInMethodsPanel = ({
  user,
  password,
  oauthAccounts,
  passkeys,
  secondFactors: { totp, recoveryCodes },
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
<li class="row"><div><p class="row-title">Second factor</p><p class="muted">${
  totp === null ? 'None' : `Authenticator app, ${recoveryCodes.remaining} recovery codes left`
}</p></div>${
  totp !== null &&
  html`<p class="muted">added ${moment(totp.createdAt)}, last used ${momentOr(totp.lastUsedAt, 'never')}</p>`
}</li>
</ul>
${
  totp !== null &&
  confirmed({
    action: `/users/${user.id}/reset-second-factors`,
    ask: 'Reset second factors',
    consequence:
      'The authenticator app and the recovery codes are removed, all sessions end, and the owner gets a mail. Be sure who asks: an attacker with the password says the same.',
    confirm: 'Reset second factors',
  })
}
</section>`
