import type { Page } from '../page.js'
import { dataPage } from './account/data.js'
import { profilePage } from './account/profile.js'
import { securityPage } from './account/security.js'
import { sessionsPage } from './account/sessions.js'
import { forgotPasswordPage } from './forgot-password.js'
import { homePage } from './home.js'
import { registerPage } from './register.js'
import { signInPage } from './sign-in.js'
import { mailedLinkPage } from './sign-in-mail.js'

/** Every page of the site but the mailbox. */
export const pages: readonly Page[] = [
  homePage,
  registerPage,
  signInPage,
  mailedLinkPage,
  forgotPasswordPage,
  profilePage,
  securityPage,
  sessionsPage,
  dataPage,
]
