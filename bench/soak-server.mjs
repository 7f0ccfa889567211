/** The server of the soak: Torii on node:http over the database of its argument. Says what it holds when asked. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Torii } from 'torii-auth'
import { createHandler, createNodeHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'
import { leaveParent } from './ends-with-parent.mjs'

const poolMax = 10
const storage = await PostgresStorage.connect(process.argv[2])
await storage.migrate()
const torii = new Torii(storage, {
  baseUrl: 'http://localhost:3000',
  requireVerifiedEmail: false,
  mailer: { send: async () => undefined },
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  log: () => undefined,
})
const listener = createNodeHandler(createHandler(torii), { trustedProxyHops: 1 })
const server = createServer((request, response) => void listener(request, response))
server.listen(0, '127.0.0.1')
await once(server, 'listening')

const connections = () =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  )

process.on('message', async (asked) => {
  if (asked === 'measure') {
    globalThis.gc()
    const { heapUsed, rss, external } = process.memoryUsage()
    process.send({
      heapBytes: heapUsed + external,
      rssBytes: rss,
      sockets: await connections(),
      poolMax,
    })
    return
  }
  server.closeAllConnections()
  server.close()
  await torii.shutdown()
  await storage.close()
  leaveParent()
})
process.send({ port: server.address().port })
