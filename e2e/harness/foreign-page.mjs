/** A page of another site. */
import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * Serves a page on another port while `work` runs with its URL. With the host name of the application it counts as
 * the same site, so the browser sends the application's cookies with its requests.
 */
export async function withForeignPage({ html = '', hostname = 'localhost' }, work) {
  const server = createServer((_request, response) => {
    const page = `<!doctype html><html lang="en"><title>Prizes</title><link rel="icon" href="data:,">${html}</html>`
    response.writeHead(200, { 'content-type': 'text/html' }).end(page)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await work(`http://${hostname}:${server.address().port}/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
