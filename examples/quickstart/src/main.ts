import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Torii } from 'torii-auth'
import { createHandler, createNodeHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'
import { createPage } from './page.js'
import type { Settings } from './settings.js'
import { describeDatabase, readSettings } from './settings.js'

/** Opens the storage, brings its tables up to date and serves Torii's routes and the page. */
async function start(settings: Settings): Promise<void> {
  const { databaseUrl, schema, trustedProxyHops } = settings
  const storage = await PostgresStorage.connect(databaseUrl, { schema })
  try {
    await storage.migrate()
    const server = createServer()
    const port = await listen(server, settings)
    const baseUrl = settings.baseUrl ?? `http://localhost:${port}`
    const torii = new Torii(storage, { baseUrl })
    const auth = createNodeHandler(createHandler(torii), { trustedProxyHops })
    const database = describeDatabase(databaseUrl)
    const page = createPage({ database, schema })
    server.on('request', (request, response) => {
      void auth(
        request,
        response,
        () => void page(request, response).catch(() => response.destroy()),
      )
    })
    stopOnSignal(server, storage)
    console.log(`Data in ${database}, schema ${schema}`)
    console.log(`Listening on ${baseUrl}`)
  } catch (error) {
    await storage.close()
    throw error
  }
}

function listen(server: Server, { host, port }: Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      // A server that listens on a port has an address of this kind; text is for sockets in files.
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** Ends within five seconds of SIGTERM or SIGINT: answers what is under way, then closes the database. */
function stopOnSignal(server: Server, storage: PostgresStorage): void {
  const stop = async () => {
    setTimeout(() => server.closeAllConnections(), 3000).unref()
    server.closeIdleConnections()
    await new Promise((resolve) => server.close(resolve))
    await storage.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())
}

start(readSettings(process.env)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
