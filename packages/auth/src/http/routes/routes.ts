import { emailRoutes } from './email.js'
import { landingRoutes } from './landing.js'
import { magicLinkRoutes } from './magic-link.js'
import { oauthRoutes } from './oauth.js'
import { passkeyRoutes } from './passkeys.js'
import { passwordRoutes } from './password.js'
import type { Route } from './route.js'
import { createRouter } from './router.js'
import { secondFactorRoutes } from './second-factors.js'
import { serverRoutes } from './server.js'
import { sessionRoutes } from './sessions.js'
import { userRoutes } from './user.js'

/** Every route. Requests are routed and the OpenAPI document is written by this table. */
export const routes: readonly Route[] = [
  ...passwordRoutes,
  ...magicLinkRoutes,
  ...emailRoutes,
  ...landingRoutes,
  ...sessionRoutes,
  ...secondFactorRoutes,
  ...userRoutes,
  ...oauthRoutes,
  ...passkeyRoutes,
  ...serverRoutes(() => routes),
]

/** Finds the route of a request. */
export const matchRoute = createRouter(routes)
