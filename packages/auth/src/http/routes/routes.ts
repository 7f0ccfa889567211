import { landingRoutes } from '../pages/landing.js'
import { emailRoutes } from './email.js'
import { magicLinkRoutes } from './magic-link.js'
import { oauthRoutes } from './oauth.js'
import { passkeyRoutes } from './passkeys.js'
import { passwordRoutes } from './password.js'
import type { Route } from './route.js'
import { createRouter } from './route-match.js'
import { serverRoutes } from './server.js'
import { sessionRoutes } from './sessions.js'
import { userRoutes } from './user.js'

/** Every route there is. Routing is done from this table, and nothing else knows a path. */
export const routes: readonly Route[] = [
  ...passwordRoutes,
  ...magicLinkRoutes,
  ...emailRoutes,
  ...landingRoutes,
  ...sessionRoutes,
  ...userRoutes,
  ...oauthRoutes,
  ...passkeyRoutes,
  ...serverRoutes(() => routes),
]

/** Finds the route of a path. */
export const matchRoute = createRouter(routes)
