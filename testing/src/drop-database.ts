import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** Connects to a server, runs `work`, and disconnects. */
export async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {}) // a lost connection is told by the query that meets it
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Drops a database whoever is connected to it; one that does not exist is no error. */
export async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  const identifier = client.escapeIdentifier(name)
  if (await hasForce(client)) {
    await client.query(`drop database if exists ${identifier} with (force)`)
    return
  }
  await retryInUse(async () => {
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1::text',
      [name],
    )
    await client.query(`drop database if exists ${identifier}`)
  })
}

async function hasForce(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ force: boolean }>(
    `select current_setting('server_version_num')::integer >= 130000 as force`,
  )
  return rows[0]?.force === true
}

/** Repeats for 20 seconds while PostgreSQL answers 55006: the database is being accessed by other users. */
export async function retryInUse(work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (
        !(error instanceof pg.DatabaseError && error.code === '55006') ||
        performance.now() > deadline
      )
        throw error
      await sleep(50)
    }
  }
}
