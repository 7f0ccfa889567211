/** A TCP proxy on loopback in front of a server, which loses, cuts, delays and holds what passes. */
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The end of an answer in PostgreSQL's protocol: ReadyForQuery. */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5])
/** Until a server has worked on what was delivered late. */
const workMs = 500

/** Starts a proxy. `listen`: a port (0: any free one of 127.0.0.1) or the path of a unix socket. */
export async function startProxy(port, listen = 0) {
  const proxy = new FaultProxy(port)
  await proxy.listen(listen)
  return proxy
}

class FaultProxy {
  #target
  #mode = { kind: 'pass' }
  #connections = new Set()
  #server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
    this.#connect(client),
  )

  constructor(port) {
    this.#target = port
  }

  listen = (where) =>
    new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      const address = typeof where === 'string' ? [where] : [where, '127.0.0.1']
      this.#server.listen(...address, resolve)
    })

  /** The URL with the proxy in place of the server. */
  through(url) {
    const changed = new URL(url)
    changed.port = String(this.#server.address().port)
    return changed.href
  }

  /** New connections lead to another port. */
  retarget(port) {
    this.#target = port
  }

  pass() {
    this.#mode = { kind: 'pass' }
  }

  /** Everything `to server`, `to client` or in `both` directions disappears, without an end or a reset. */
  silence(direction) {
    this.#mode = { kind: 'silent', direction }
  }

  delay(ms) {
    this.#mode = { kind: 'delay', ms }
  }

  cutAll() {
    for (const connection of [...this.#connections]) connection.cut()
  }

  /** Cuts a connection at the next message with this text: before the server has it, or after it has answered. */
  cutAt = (match, { after }) =>
    new Promise((onCut) => {
      this.#mode = { kind: 'cut', match, after, onCut }
    })

  /** Holds the next message with this text and what follows on its connection. Resolves to `deliver()`. */
  hold = (match) =>
    new Promise((resolve) => {
      const onHeld = (connection) => resolve(() => deliver(connection))
      this.#mode = { kind: 'hold', match, onHeld }
    })

  async close() {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.cutAll()
    await closed
  }

  #connect(client) {
    const to = { port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }
    const upstream = net.connect(to)
    const connection = { client, upstream, held: null, swallows: false, line: null }
    connection.cut = () => {
      client.destroy()
      upstream.destroy()
      this.#connections.delete(connection)
    }
    this.#connections.add(connection)
    client.on('data', (bytes) => this.#fromClient(connection, bytes))
    upstream.on('data', (bytes) => this.#fromServer(connection, bytes))
    for (const event of ['error', 'close', 'end']) {
      // What is held outlives its client: that is the fault.
      client.on(
        event,
        () => connection.held === null && !this.#isSilent('both') && connection.cut(),
      )
      upstream.on(event, () => !this.#isSilent('both') && connection.cut())
    }
  }

  #isSilent = (direction) =>
    this.#mode.kind === 'silent' &&
    (this.#mode.direction === 'both' || this.#mode.direction === direction)

  #fromClient(connection, bytes) {
    if (connection.held !== null) connection.held.push(bytes)
    else if (this.#isSilent('to server')) return
    else if (!this.#hasMatch(bytes)) this.#pass(connection, connection.upstream, bytes)
    else {
      const fault = this.#mode
      this.pass()
      if (fault.kind === 'hold') {
        connection.held = [bytes]
        fault.onHeld(connection)
        return
      }
      fault.onCut()
      connection.swallows = fault.after
      if (fault.after) connection.upstream.write(bytes)
      else connection.cut()
    }
  }

  #hasMatch = (bytes) =>
    (this.#mode.kind === 'hold' || this.#mode.kind === 'cut') && bytes.includes(this.#mode.match)

  #fromServer(connection, bytes) {
    if (connection.swallows) {
      if (bytes.includes(readyForQuery)) connection.cut()
    } else if (!this.#isSilent('to client') && connection.held === null)
      this.#pass(connection, connection.client, bytes)
  }

  /** Passes on at once, or after the delay; always in order. */
  #pass(connection, socket, bytes) {
    const write = () => socket.writable && socket.write(bytes)
    if (this.#mode.kind !== 'delay' && connection.line === null) write()
    else {
      const ms = this.#mode.kind === 'delay' ? this.#mode.ms : 0
      connection.line = (connection.line ?? Promise.resolve())
        .then(() => ms && sleep(ms))
        .then(write)
    }
  }
}

/** Delivers what was held, and waits until the server has worked on it. */
async function deliver({ upstream, held, cut }) {
  for (const bytes of held) upstream.write(bytes)
  await sleep(workMs)
  cut()
}
