/** A TCP proxy on loopback in front of a server, which loses, cuts, delays and holds what passes. */
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The end of an answer in PostgreSQL's protocol: ReadyForQuery. */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5])

/** Starts a proxy. `listen`: a port (0: any free one of 127.0.0.1) or the path of a unix socket. */
export async function startProxy(port, listen = 0) {
  const connections = new Set()
  let target = port
  let mode = { kind: 'pass' }

  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = net.connect({
      port: target,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    })
    const connection = { client, upstream, held: null, swallowing: false, line: null }
    connections.add(connection)
    const cut = () => {
      client.destroy()
      upstream.destroy()
      connections.delete(connection)
    }
    connection.cut = cut
    client.on('data', (bytes) => fromClient(connection, bytes))
    upstream.on('data', (bytes) => fromServer(connection, bytes))
    // What is held outlives its client: that is the fault.
    for (const event of ['error', 'close', 'end'])
      client.on(event, () => connection.held === null && !isSilent('both') && cut())
    for (const event of ['error', 'close', 'end'])
      upstream.on(event, () => !isSilent('both') && cut())
  })

  const isSilent = (direction) =>
    mode.kind === 'silent' && (mode.direction === 'both' || mode.direction === direction)

  function fromClient(connection, bytes) {
    const { upstream } = connection
    if (connection.held !== null) return connection.held.push(bytes)
    if (isSilent('to server')) return undefined
    if (mode.kind === 'hold' && bytes.includes(mode.match)) {
      const { onHeld } = mode
      mode = { kind: 'pass' }
      connection.held = [bytes]
      return onHeld(connection)
    }
    if (mode.kind === 'cut' && bytes.includes(mode.match)) {
      const { onCut, after } = mode
      mode = { kind: 'pass' }
      onCut()
      if (!after) return connection.cut()
      connection.swallowing = true
    }
    return later(connection, () => upstream.writable && upstream.write(bytes))
  }

  function fromServer(connection, bytes) {
    const { client } = connection
    if (connection.swallowing) {
      if (bytes.includes(readyForQuery)) connection.cut()
      return undefined
    }
    if (isSilent('to client') || connection.held !== null) return undefined
    return later(connection, () => client.writable && client.write(bytes))
  }

  /** Passes on at once, or after the delay; always in order. */
  function later(connection, write) {
    if (mode.kind !== 'delay' && connection.line === null) return write()
    const ms = mode.kind === 'delay' ? mode.ms : 0
    connection.line = (connection.line ?? Promise.resolve()).then(() => ms && sleep(ms)).then(write)
    return undefined
  }

  await new Promise((resolve, reject) => {
    server.once('error', reject)
    if (typeof listen === 'string') server.listen(listen, resolve)
    else server.listen(listen, '127.0.0.1', resolve)
  })

  return {
    /** The URL with the proxy in place of the server. */
    through(url) {
      const changed = new URL(url)
      changed.port = String(server.address().port)
      return changed.href
    },
    /** New connections lead to another port. */
    retarget(port) {
      target = port
    },
    pass() {
      mode = { kind: 'pass' }
    },
    /** Everything in a direction disappears, without an end or a reset. */
    silence(direction) {
      mode = { kind: 'silent', direction }
    },
    delay(ms) {
      mode = { kind: 'delay', ms }
    },
    cutAll() {
      for (const connection of [...connections]) connection.cut()
    },
    /** Cuts a connection at the next message with this text: before the server has it, or after it has answered. */
    cutAt: (match, { after }) =>
      new Promise((onCut) => {
        mode = { kind: 'cut', match, after, onCut }
      }),
    /** Holds the next message with this text and what follows on its connection. Resolves to `deliver()`. */
    hold: (match) =>
      new Promise((resolve) => {
        const onHeld = (connection) => resolve(() => deliver(connection))
        mode = { kind: 'hold', match, onHeld }
      }),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const connection of [...connections]) connection.cut()
      await closed
    },
  }

  /** Delivers what was held, and waits until the server has worked on it. */
  async function deliver({ upstream, held, cut }) {
    for (const bytes of held) upstream.write(bytes)
    await sleep(500)
    cut()
  }
}
