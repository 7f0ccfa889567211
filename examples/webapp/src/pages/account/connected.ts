import type { OAuthAccount, OfferedProvider, SignInMethods } from 'torii-auth'
import { actionButton, hidden, timeAgo } from '../../form-parts.js'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall } from '../../page.js'
import { panel } from './account-frame.js'

/** The linked accounts; null without providers and accounts. */
export function connectedPanel(call: SignedInCall, { oauthAccounts }: SignInMethods): Html | null {
  const offered = call.site.torii.oauth.providers()
  if (offered.length === 0 && oauthAccounts.length === 0) return null
  return panel({
    id: 'connected',
    title: 'Connected accounts',
    lead: 'Sign in with your accounts at other services.',
    content: html`${
      oauthAccounts.length > 0 &&
      html`<ul class="rows">${oauthAccounts.map((account) => row(account, offered, call.now))}</ul>`
    }
<div class="row-actions">${offered.map((one) =>
      actionButton({
        action: 'link-account',
        content: hidden('provider', one.id),
        button: `Connect ${one.name}`,
      }),
    )}</div>`,
  })
}

function row(
  { id, provider, label, lastUsedAt }: OAuthAccount,
  offered: readonly OfferedProvider[],
  now: Date,
): Html {
  const name = offered.find((one) => one.id === provider)?.name ?? provider
  return html`<li class="row">
<div><p class="row-title">${name}</p>
<p class="muted">${label !== null && html`${label}, `}last used ${timeAgo(lastUsedAt, now)}</p></div>
<div class="row-actions">${actionButton({
    action: 'unlink-account',
    content: hidden('id', id),
    button: 'Disconnect',
    label: `Disconnect ${name} ${label ?? ''}`,
  })}</div>
</li>`
}
