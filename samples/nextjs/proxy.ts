import { createProxy } from 'torii-auth/next'
import { openAuth } from './auth'

/** Only signed-in users see the pages of the matcher. */
export const proxy = createProxy(openAuth, { redirectTo: '/sign-in' })

export const config = { matcher: '/members/:path*' }
