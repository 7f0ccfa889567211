import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/**
 * Where the connection is cut: before the server gets the statement, after it committed and before its
 * answer gets through, or as soon as the server has the statement.
 */
export type Cut = 'before' | 'after' | 'under way'

/** A TCP proxy before a server, which cuts the connection at one statement. */
export interface CuttingProxy {
  /** The server's URL by way of the proxy. */
  readonly url: string
  /** How often it has cut since it was armed. */
  readonly cuts: number
  /** Cuts once, at the next message that holds this text. */
  arm(cut: Cut, text: string): void
  /**
   * Cuts the client off at the next message that holds this text, keeps the message and its connection to the server,
   * and delivers it when the result is called: that resolves when the server has answered or closed the connection.
   */
  hold(text: string): { readonly isHeld: boolean; deliver(): Promise<void> }
  /** From the next message that holds this text on nothing gets through, and no connection is closed. */
  silence(text: string): void
  /** Lets messages of new connections through again; those that were silenced are cut. */
  hear(): void
  close(): Promise<void>
}

export async function startCuttingProxy(url: string): Promise<CuttingProxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let armed: { cut: Cut; text: string } | null = null
  let cuts = 0
  /** What is kept: its text until it comes, then how to deliver it. */
  let held: { text: string; deliver: (() => Promise<void>) | null } | null = null
  /** The text that silences, and whether it has. */
  let silencing: string | null = null
  let silent = false

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    const pair = [client, upstream]
    /** The client is cut off, the server is not: its message is kept. */
    let detached = false
    /** From here on nothing of the server gets through; its next ReadyForQuery ends the connection. */
    let swallowing = false
    const end = () => {
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) {
      sockets.add(socket)
      socket.on('error', () => detached || end())
      socket.on('close', () => detached || end())
    }
    const keep = (bytes: Buffer) => {
      detached = true
      client.destroy()
      return () =>
        new Promise<void>((resolve) => {
          upstream.once('data', () => resolve())
          upstream.once('close', () => resolve())
          if (upstream.closed) resolve()
          else upstream.write(bytes)
        })
    }
    client.on('data', (bytes) => {
      silent ||= silencing !== null && bytes.includes(silencing)
      if (silent) return
      if (held !== null && held.deliver === null && bytes.includes(held.text)) {
        held.deliver = keep(bytes)
        return
      }
      if (armed === null || !bytes.includes(armed.text)) return void upstream.write(bytes)
      const { cut } = armed
      armed = null
      cuts += 1
      if (cut === 'before') return end()
      swallowing = cut === 'after'
      upstream.write(bytes, () => {
        if (cut === 'under way') end()
      })
    })
    upstream.on('data', (bytes) => {
      if (silent || detached) return
      if (!swallowing) client.write(bytes)
      else if (endsReady(bytes)) end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const here = new URL(url)
  here.hostname = '127.0.0.1'
  // A server that listens on TCP has an address with a port.
  here.port = String((server.address() as AddressInfo).port)
  return {
    url: here.href,
    get cuts() {
      return cuts
    },
    arm(cut, text) {
      armed = { cut, text }
      cuts = 0
    },
    hold(text) {
      const kept: NonNullable<typeof held> = { text, deliver: null }
      held = kept
      return {
        get isHeld() {
          return kept.deliver !== null
        },
        deliver: async () => kept.deliver?.(),
      }
    },
    silence(text) {
      silencing = text
    },
    hear() {
      silent = false
      silencing = null
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Ends with ReadyForQuery: `Z`, length 5, and the status of the transaction. */
const endsReady = (bytes: Buffer): boolean =>
  bytes.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]))
