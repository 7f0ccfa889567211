import { createRequire } from 'node:module'
import pg from 'pg'
import { secretHashOf, secretOf, sessionIdOf, userIdOf } from '../keys.mjs'
import { must, readyMade } from './sessions-of.mjs'

/** One of our own statements, from the compiled storage: its text, and `values` by the names of its parameters. */
export async function statementOf(repository, operation) {
  const require = createRequire(import.meta.url)
  const entry = require.resolve('torii-storage-postgres/package.json')
  const { createTables } = await import(new URL('dist/tables/tables.js', `file://${entry}`).href)
  return createTables('"torii"').statements[repository][operation]
}

/** Our own look-up as `pg` does it without us: a pool of ten, a named statement per call. */
export async function open({ url, size }) {
  const pool = new pg.Pool({ connectionString: url, idleTimeoutMillis: 0, max: 10 })
  const validate = await statementOf('sessions', 'validate')
  const flows = {
    'validate/storage': {
      next: readyMade(size, ({ n, user }) => ({
        userId: userIdOf(user),
        id: sessionIdOf(n),
        secret: secretOf(n),
      })),
      async action({ userId, id, secret }) {
        const values = validate.values({
          userId,
          sessionId: id,
          secretHash: secretHashOf(secret),
          touchSeconds: 86_400,
          recentSeconds: null,
        })
        const { rows } = await pool.query({ name: 'validate', text: validate.text, values })
        must(rows[0], 'session')
      },
    },
  }
  return { flows, close: () => pool.end() }
}
