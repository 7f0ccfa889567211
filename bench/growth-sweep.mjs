/** The sweep of very many expired sessions while others are read. */
import pg from 'pg'
import { PostgresStorage } from 'torii-storage-postgres'
import { sql } from './keys.mjs'
import { median, startSubjects } from './measure.mjs'

const callers = 16
const windowMs = 500

/** Adds sessions that ended three days ago, after those that are read. */
async function addExpired(client, size, expired) {
  await client.query(
    `insert into torii.sessions (user_id, id, secret_hash, epoch, methods, ip, user_agent, created_at,
       authenticated_at, last_active_at, expires_at, absolute_expires_at)
     select ${sql.userId(`(1 + n % ${size.users})`)}, ${sql.sessionId('n')}, ${sql.secretHash('n')}, 0, '{password}',
       '192.0.2.1', 'Mozilla/5.0', now() - interval '20 days', now() - interval '20 days',
       now() - interval '10 days', now() - interval '3 days', now() - interval '1 day'
     from generate_series(${size.sessions + 1}, ${size.sessions + expired}) n`,
  )
  await client.query('vacuum (analyze) torii.sessions')
  await client.query('checkpoint')
}

/** A pool that notes how long each statement took. */
function timedPool(url) {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const milliseconds = []
  pool.on('connect', (client) => {
    const { query } = client
    client.query = async (...given) => {
      const started = performance.now()
      const result = await query.apply(client, given)
      milliseconds.push(performance.now() - started)
      return result
    }
  })
  return { pool, milliseconds }
}

/** Look-ups before and during the sweep; the batches of the sweep itself. */
export async function measureSweep(client, url, size, expired) {
  await addExpired(client, size, expired)
  const subjects = await startSubjects(['Torii'], url, size)
  const look = (ms) => subjects.get('Torii').run({ flow: 'validate/storage', callers, ms })
  const { pool, milliseconds } = timedPool(url)
  try {
    await look(2000)
    const base = []
    for (let n = 0; n < 10; n += 1) base.push(await look(windowMs))
    const started = performance.now()
    let over = false
    const sweeping = new PostgresStorage(pool).sweep().finally(() => {
      over = true
    })
    const during = []
    while (!over) during.push(await look(windowMs))
    const { deleted } = await sweeping
    const seconds = (performance.now() - started) / 1000
    const p99 = (runs) => median(runs.map((run) => run.p99))
    const rate = (runs) =>
      median(runs.map(({ operations, wallMs }) => (operations / wallMs) * 1000))
    return {
      expired,
      deleted: deleted.sessions,
      seconds,
      longestBatchMs: Math.max(...milliseconds),
      lookUps: { perSecond: rate(base), p99Ms: p99(base) },
      lookUpsMeanwhile: { perSecond: rate(during), p99Ms: p99(during) },
    }
  } finally {
    for (const subject of subjects.values()) await subject.close()
    await pool.end()
  }
}
