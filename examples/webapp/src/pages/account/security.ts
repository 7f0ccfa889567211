import type { SignInMethods } from 'torii-auth'
import { html } from '../../html.js'
import { signedInPage } from '../../page.js'
import { accountView } from './account-frame.js'
import { securityPath } from './account-paths.js'
import { connectedPanel } from './connected.js'
import { emailPanel } from './email.js'
import { passkeysPanel } from './passkeys.js'
import { passwordPanel } from './password.js'

/** The address, and everything that lets the person in. */
export const securityPage = signedInPage(securityPath, async (call) => {
  const ways: SignInMethods = await call.site.torii.users.signInMethods(call.valid)
  return accountView(
    call,
    ways,
    html`${emailPanel(call)}
${passwordPanel(call, ways)}
${passkeysPanel(call, ways)}
${connectedPanel(call, ways)}`,
  )
})
