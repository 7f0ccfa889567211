import type { SignInMethods } from 'torii-auth'
import { html } from '../../html.js'
import { signedInPage } from '../../page.js'
import { accountView } from './account-frame.js'
import { securityPath } from './account-paths.js'
import { connectedPanel } from './connected.js'
import { emailPanel } from './email.js'
import { passkeysPanel } from './passkeys.js'
import { passwordPanel } from './password.js'
import { secondFactorPanel } from './second-factor.js'

/** The email address, the sign-in methods and the second factor. */
export const securityPage = signedInPage(securityPath, async (call) => {
  const methods: SignInMethods = await call.site.torii.users.signInMethods(call.valid)
  return accountView(
    call,
    methods,
    html`${emailPanel(call)}
${passwordPanel(call, methods)}
${passkeysPanel(call, methods)}
${secondFactorPanel(call, methods)}
${connectedPanel(call, methods)}`,
  )
})
