import { createRequire } from 'node:module'
import pg from 'pg'
import { secretHashOf, secretOf, sessionIdOf, userIdOf } from '../keys.mjs'
import { must, readyMade } from './sessions-of.mjs'

/** The text of one of our own statements, from the compiled storage. */
export async function statementText(table, operation) {
  const require = createRequire(import.meta.url)
  const entry = require.resolve('torii-storage-postgres/package.json')
  const { statements } = await import(new URL(`dist/tables/${table}.js`, `file://${entry}`).href)
  return statements('"torii"')[operation].text
}

/** Our own look-up as `pg` does it without us: a pool of ten, a named statement per call. */
export async function open({ url, size }) {
  const pool = new pg.Pool({ connectionString: url, idleTimeoutMillis: 0, max: 10 })
  const text = await statementText('sessions/sessions', 'validate')
  const flows = {
    'validate/storage': {
      next: readyMade(size, ({ n, user }) => ({
        userId: userIdOf(user),
        id: sessionIdOf(n),
        secret: secretOf(n),
      })),
      async action({ userId, id, secret }) {
        const values = [userId, id, secretHashOf(secret), 86_400, null]
        const { rows } = await pool.query({ name: 'validate', text, values })
        must(rows[0], 'session')
      },
    },
  }
  return { flows, close: () => pool.end() }
}
