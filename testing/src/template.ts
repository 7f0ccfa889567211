import { databaseUrl, newDatabaseNames } from './database-names.js'
import { copyDatabase, dropDatabase, withClient } from './drop-database.js'

/** The database that test databases are copied from. */
export interface Template {
  name: string
  /** Drops it and every database of this run that a test file has left. */
  dropAll(): Promise<void>
}

/** Creates a template database on a server and lets `prepare` fill it; afterwards no one can connect to it. */
export async function createTemplate(
  serverUrl: string,
  prepare: (url: string) => Promise<void>,
): Promise<Template> {
  const names = newDatabaseNames()
  const dropAll = () => dropWithPrefix(serverUrl, names.prefix)
  try {
    await withClient(serverUrl, (client) => copyDatabase(client, 'template0', names.template))
    await prepare(databaseUrl(serverUrl, names.template))
    await withClient(serverUrl, (client) =>
      client.query(`alter database ${names.template} allow_connections false`),
    )
  } catch (error) {
    await dropAll()
    throw error
  }
  return { name: names.template, dropAll }
}

async function dropWithPrefix(serverUrl: string, prefix: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname::text, $1::text) order by datname',
      [prefix],
    )
    for (const { datname } of rows) await dropDatabase(client, datname)
  })
}
