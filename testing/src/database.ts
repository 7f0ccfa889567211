import pg from 'pg'
import { databaseNameBeside, databaseUrl } from './database-names.js'
import { copyDatabase, dropDatabase, withClient } from './drop-database.js'
import { createSecretSearch, secretsOfThisFile } from './issued-secrets.js'
import { secretsAtRest } from './secrets-at-rest.js'

/** A database of its own for a test file. */
export interface TestDatabase {
  /** Holds the password: never print it. */
  url: string
  name: string
  /** A new connection, closed at the end of the file. */
  connect(): Promise<pg.Client>
  /** Runs one statement on a connection that all calls share. */
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>>
}

/**
 * Creates a database for the calling test file: with Torii's tables, or `empty`. It is dropped after the last test
 * of the file and after the `afterAll` hooks of the file, so pools may be closed there. A secret that torii-auth has
 * issued meanwhile and that lies in clear in one of its tables fails the file.
 */
export async function testDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const { serverUrl, template } = environment()
  const name = databaseNameBeside(template)
  const source = options.empty === true ? 'template0' : template
  const url = databaseUrl(serverUrl, name)
  const clients = new Set<pg.Client>()
  drops.push(async () => {
    await Promise.all([...clients].map((client) => client.end().catch(() => {})))
    const holding = await tablesHoldingSecrets(url)
    await withClient(serverUrl, (admin) => dropDatabase(admin, name))
    if (holding.length > 0)
      throw new Error(`secrets that were issued here lie in clear in ${holding.join(', ')}`)
  })
  await withClient(serverUrl, (admin) => copyDatabase(admin, source, name))
  const connect = () => connectTo(url, clients)
  const shared = sharedConnection(connect)
  return { url, name, connect, query: async (text, values) => (await shared()).query(text, values) }
}

/** Looks through the whole database when the test file has issued secrets. */
async function tablesHoldingSecrets(url: string): Promise<string[]> {
  const secrets = secretsOfThisFile()
  if (secrets.length === 0) return []
  return withClient(url, (client) => secretsAtRest(client, createSecretSearch(secrets)))
}

function environment(): { serverUrl: string; template: string } {
  const serverUrl = process.env.TORII_TEST_SERVER_URL
  const template = process.env.TORII_TEST_TEMPLATE
  if (serverUrl === undefined || template === undefined) {
    throw new Error(
      'this test needs the server of a run: use "npm test -- WORD" or "npx vitest" in the folder of the repository',
    )
  }
  return { serverUrl, template }
}

async function connectTo(url: string, clients: Set<pg.Client>): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {}) // a test that stops the server sees it in its queries
  client.once('end', () => clients.delete(client))
  await client.connect()
  clients.add(client)
  return client
}

/** Opens a connection at the first call, and a new one when the server has closed it. */
function sharedConnection(connect: () => Promise<pg.Client>): () => Promise<pg.Client> {
  let current: Promise<pg.Client> | undefined
  return () => {
    current ??= connect().then(
      (client) => client.once('end', () => (current = undefined)),
      (error: unknown) => {
        current = undefined
        throw error
      },
    )
    return current
  }
}

const drops: (() => Promise<void>)[] = []

/** Drops the databases that the calling test file has made (see file-setup.ts). */
export async function dropTestDatabases(): Promise<void> {
  const results = await Promise.allSettled(drops.splice(0).map((drop) => drop()))
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  )
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('; '))
}
