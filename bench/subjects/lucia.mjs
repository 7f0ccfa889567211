import { NodePostgresAdapter } from '@lucia-auth/adapter-postgresql'
import { Lucia } from 'lucia'
import pg from 'pg'
import { spareSessions } from '../data.mjs'
import { peerTokenOf, pick, userIdOf } from '../keys.mjs'
import { must, readyMade, spareNumbers } from './sessions-of.mjs'

export async function open({ url, size }) {
  const pool = new pg.Pool({
    connectionString: url,
    idleTimeoutMillis: 0,
    max: 10,
    options: '-c search_path=lucia',
  })
  const adapter = new NodePostgresAdapter(pool, { user: 'auth_user', session: 'user_session' })
  const lucia = new Lucia(adapter)
  const flows = {
    'validate/storage': {
      next: readyMade(size, ({ n }) => peerTokenOf(n)),
      async action(token) {
        const [session, user] = await adapter.getSessionAndUser(token)
        must(session && user, 'session')
      },
    },
    'validate/api': {
      next: readyMade(size, ({ n }) => peerTokenOf(n)),
      async action(token) {
        const { user } = await lucia.validateSession(token)
        must(user, 'session')
      },
    },
    'open session/storage': {
      action: () => lucia.createSession(userIdOf(pick(size.users)), {}),
    },
    'sign out/api': {
      next: spareNumbers(size, spareSessions(size)),
      action: (n) => lucia.invalidateSession(peerTokenOf(n)),
    },
  }
  return { flows, close: () => pool.end() }
}
