import type { SignInMethods, User } from 'torii-auth'
import type { Html } from '../../html.js'
import { html } from '../../html.js'
import type { SignedInCall, View } from '../../page.js'
import { accountPath } from '../../page.js'
import { notice } from '../notices.js'
import { dataPath, securityPath, sessionsPath } from './account-paths.js'
import { reauthenticationDialog } from './reauthentication-dialog.js'

const tabs: readonly (readonly [path: string, title: string])[] = [
  [accountPath, 'Profile'],
  [securityPath, 'Security'],
  [sessionsPath, 'Sessions'],
  [dataPath, 'Your data'],
]

/** A page of the account: the user, the tabs, and the re-authentication dialog. */
export function accountView(call: SignedInCall, methods: SignInMethods, content: Html): View {
  const title = tabs.find(([path]) => path === call.path)?.[1] ?? 'Account'
  return {
    title,
    content: html`<section class="wide">
${userHeader(call.valid.user)}
<div class="account">
<nav class="tabs" aria-label="Account">${tabs.map(([path, text]) => tab(path, text, call.path))}</nav>
<div class="panels">
${notice(call)}
${content}
</div>
</div>
</section>
${reauthenticationDialog(call, methods)}`,
  }
}

const tab = (path: string, text: string, current: string): Html =>
  html`<a href="${path}"${path === current && html` aria-current="page"`}>${text}</a>`

function userHeader({ name, email, picture }: User): Html {
  const shown = name ?? email ?? 'Your account'
  const [initial = '?'] = shown
  return html`<div class="who">
${
  picture === null
    ? html`<span class="avatar" aria-hidden="true">${initial.toUpperCase()}</span>`
    : html`<img class="avatar" src="${picture}" alt="" width="52" height="52" referrerpolicy="no-referrer">`
}
<div><h1 tabindex="-1">${shown}</h1>${name !== null && email !== null && html`<p class="muted">${email}</p>`}</div>
</div>`
}

/** A section of an account page. */
export interface Panel {
  readonly id: string
  readonly title: string
  readonly lead: string | Html
  readonly content: Html
}

export const panel = ({ id, title, lead, content }: Panel): Html =>
  html`<section class="card panel" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title" tabindex="-1">${title}</h2>
<p class="muted">${lead}</p>
${content}
</section>`
