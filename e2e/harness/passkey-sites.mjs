/** Three sites with one database and one RP ID, over TLS: its own, a related one that it names, and one that it does not. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Torii } from 'torii-auth'
import { createHandler, createNodeHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'
import { createResponseValidator } from '../../packages/auth/dist/http/test/documented.test.support.js'
import { makeCertificate } from './certificate.mjs'
import { bundleClient, clientPage } from './client-page.mjs'
import { launchBrowser, newVisitor } from './visitor.mjs'

const rpId = 'acme.example'
const hosts = { own: rpId, related: 'acme.test', stranger: 'stranger.test' }
const urls = Object.fromEntries(
  Object.entries(hosts).map(([name, host]) => [name, `https://${host}`]),
)
const keys = [{ id: 'k1', secret: randomBytes(32) }]
const pages = {
  changePassword: '/password',
  enrollPasskey: '/passkeys/new',
  managePasskeys: '/passkeys',
}

/**
 * Starts the sites, and opens a browser that resolves their hosts to this machine and accepts the certificate of this run. A
 * browser fetches `/.well-known/webauthn` from the default port, so the sites are on it.
 */
export async function openPasskeySites(counts) {
  const folder = await mkdtemp(join(tmpdir(), 'torii-passkey-sites-'))
  const { authority, ...tls } = makeCertificate(folder, Object.values(hosts))
  const storage = await PostgresStorage.connect(`pglite:${join(folder, 'data')}`)
  await storage.migrate()
  const client = await bundleClient()
  const open = (baseUrl, related) => openSite({ baseUrl, related, tls, storage, client })
  const sites = [
    await open(urls.own, urls.related),
    await open(urls.related, urls.related),
    await open(urls.stranger, urls.stranger),
  ]
  const [own, related, stranger] = sites
  const rules = sites.map(({ host, port }) => `MAP ${host} 127.0.0.1:${port}`)
  const browser = await launchBrowser([
    `--host-resolver-rules=${rules.join(',')}`,
    `--ignore-certificate-errors-spki-list=${authority}`,
  ])
  const document = await own.handler(new Request(`${urls.own}/auth/openapi.json`))
  const validateResponse = createResponseValidator(await document.json())
  return {
    urls,
    storage,
    received: () => sites.flatMap(({ host, received }) => received.map((line) => `${host}${line}`)),
    newVisitor: () => newVisitor(browser, { site: { url: urls.own }, validateResponse, counts }),
    async close() {
      await browser.close()
      for (const { server } of sites) {
        server.closeAllConnections()
        server.close()
      }
      await Promise.all([own, related, stranger].map(({ torii }) => torii.shutdown()))
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function openSite({ baseUrl, related, tls, storage, client }) {
  const torii = new Torii(storage, {
    baseUrl,
    keys,
    passkey: { rpId, origins: [urls.own, related] },
    log: null,
  })
  const handler = createHandler(torii, { wellKnown: pages })
  const serve = createNodeHandler(handler)
  const received = []
  const server = createServer(tls, (request, response) => {
    received.push(request.url)
    void serve(request, response, () => {
      const [type, body] =
        request.url === '/client.js' ? ['text/javascript', client] : ['text/html', clientPage]
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  return { torii, handler, server, port, received, host: new URL(baseUrl).host }
}
