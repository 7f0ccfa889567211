import { connect } from 'node:net'
import type { PgClient } from './pg-pool.js'

/** The code of a CancelRequest message (PostgreSQL, Message Formats). */
const cancelRequest = 80_877_102
const messageLength = 16
/** Milliseconds after which a server that does not close the connection of a request is left alone. */
const closeMs = 2000

/**
 * Asks the server to cancel what a connection is working on. Best effort: a request that is lost changes nothing.
 * Only for connections without a pooler in between: PgBouncer 1.18 ended with a fatal error on some requests.
 */
export function requestCancel(client: PgClient): void {
  const [processId, secretKey, host, port] = ['processID', 'secretKey', 'host', 'port'].map(
    (member): unknown => Reflect.get(client, member),
  )
  // Not the client of `pg`, or a server with the longer keys of protocol 3.2.
  if (typeof processId !== 'number' || typeof secretKey !== 'number') return
  const message = Buffer.alloc(messageLength)
  message.writeInt32BE(messageLength, 0)
  message.writeInt32BE(cancelRequest, 4)
  message.writeInt32BE(processId, 8)
  message.writeInt32BE(secretKey, 12)
  const isDirectory = String(host).startsWith('/')
  const socket = isDirectory
    ? connect(`${String(host)}/.s.PGSQL.${String(port)}`)
    : connect(Number(port), String(host))
  socket.setTimeout(closeMs, () => socket.destroy())
  // The server closes the connection when it has passed the request on.
  socket.on('error', () => socket.destroy()).on('connect', () => socket.write(message))
  socket.resume()
  socket.unref()
}
