import { overviewPage } from './pages/overview.js'
import { trailPage } from './pages/trail.js'
import { userPage } from './pages/user.js'
import { usersPage } from './pages/users.js'
import type { ConsoleRoute } from './route.js'
import { route } from './route.js'
import {
  disable,
  enable,
  endSession,
  endSessions,
  resetSecondFactors,
  unlock,
} from './user-actions.js'

/** All routes of the signed-in administrator. */
export const routes: readonly ConsoleRoute[] = [
  route('GET', '/', overviewPage),
  route('GET', '/trail', trailPage),
  route('GET', '/users', usersPage),
  route('GET', '/users/:id', userPage),
  route('POST', '/users/:id/disable', disable),
  route('POST', '/users/:id/enable', enable),
  route('POST', '/users/:id/unlock', unlock),
  route('POST', '/users/:id/reset-second-factors', resetSecondFactors),
  route('POST', '/users/:id/end-sessions', endSessions),
  route('POST', '/users/:id/sessions/:id/end', endSession),
]
