import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that has a port and waits for what it serves. */
export interface Listener {
  readonly address: string
  readonly port: number
  /** Answers every request, also those that came before. */
  serve(listener: RequestListener): void
  /** Takes no new request, answers those under way, and cuts off what takes longer than two seconds. */
  stop(): Promise<void>
}

const stopMs = 2000

/** Listens at once, so that the port is known before anything is made of it. @throws what the system says */
export async function listen(host: string, port: number): Promise<Listener> {
  let serve: (listener: RequestListener) => void = () => undefined
  const serving = new Promise<RequestListener>((resolve) => {
    serve = resolve
  })
  const server = createServer((request, response) => {
    void serving.then((listener) => listener(request, response))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // A server that listens on a port has an address of this kind; text is for sockets in files.
  const { address, port: given } = server.address() as AddressInfo
  return {
    address,
    port: given,
    serve: (listener) => serve(listener),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      const cut = setTimeout(() => server.closeAllConnections(), stopMs)
      await closed
      clearTimeout(cut)
    },
  }
}
