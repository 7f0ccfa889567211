import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SettingsError } from './settings.js'

/** A server that has its port and waits for its request listener. */
export interface Listener extends Pick<AddressInfo, 'address' | 'port'> {
  /** Serves every request, including those that arrived before. */
  serve(listener: RequestListener): void
  /** Accepts no new requests, finishes running ones, and cuts those that take longer than a second. */
  stop(): Promise<void>
}

const stopMs = 1000

/**
 * Listens at once, so that the port is known before the site is built.
 * @throws SettingsError for a port or an address that is not available
 */
export async function listen(host: string, port: number): Promise<Listener> {
  let serve: (listener: RequestListener) => void = () => undefined
  const serving = new Promise<RequestListener>((resolve) => {
    serve = resolve
  })
  const server = createServer((request, response) => {
    void serving.then((listener) => listener(request, response))
  })
  await new Promise<void>((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) => reject(asSetting(error, host, port))
    server.once('error', refused)
    server.listen(port, host, () => resolve(void server.off('error', refused)))
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

/** Turns an error of the system into advice on the setting to change. */
function asSetting(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const notHere = `HOST must be an address of this computer; ${host} is not`
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is already in use. Stop the other process, or set PORT (ADMIN_PORT for the console) to another port; 0 chooses a free one`,
    EACCES: `This user may not listen on port ${port}. Set PORT (ADMIN_PORT for the console) to 1024 or more`,
    EADDRNOTAVAIL: notHere,
    ENOTFOUND: notHere,
  }
  const text = advice[error.code ?? '']
  return text === undefined ? error : new SettingsError(text)
}
