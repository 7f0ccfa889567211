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
  await letClientsLeave(client, name)
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

/**
 * A pool of pg says that it has ended before the server knows: a connection that is terminated then makes it emit an error that
 * nothing listens to any more. So clients have half a second to leave.
 */
async function letClientsLeave(client: pg.Client, name: string): Promise<void> {
  const deadline = performance.now() + 500
  const isUsed = async () => {
    const { rows } = await client.query(
      'select 1 from pg_stat_activity where datname = $1::text limit 1',
      [name],
    )
    return rows.length > 0
  }
  while ((await isUsed()) && performance.now() < deadline) await sleep(20)
}

const hasForce = (client: pg.Client) => isAtLeast(client, 13)

async function isAtLeast(client: pg.Client, major: number): Promise<boolean> {
  const { rows } = await client.query<{ version: number }>(
    `select current_setting('server_version_num')::integer / 10000 as version`,
  )
  return (rows[0]?.version ?? 0) >= major
}

/** Copies a database file by file, which takes a third of the time that PostgreSQL 15 and later take by default. */
export async function copyDatabase(client: pg.Client, from: string, to: string): Promise<void> {
  const strategy = (await isAtLeast(client, 15)) ? 'strategy file_copy' : ''
  await retryInUse(
    async () => void (await client.query(`create database ${to} template ${from} ${strategy}`)),
  )
}

/** Repeats for 20 seconds while PostgreSQL answers 55006: the database is being accessed by other users. */
async function retryInUse(work: () => Promise<void>): Promise<void> {
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
