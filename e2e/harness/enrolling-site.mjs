/** A site of which every user needs a second factor, with its mail at hand. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Torii } from 'torii-auth'
import { createHandler, createNodeHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'
import { createResponseValidator } from '../../packages/auth/dist/http/test/documented.test.support.js'
import { createTestMailbox } from '../../packages/auth/dist/testing/index.js'
import { bundleClient, clientPage } from './client-page.mjs'
import { launchBrowser, newVisitor } from './visitor.mjs'

export async function openEnrollingSite(counts) {
  const storage = await PostgresStorage.connect('pglite:')
  await storage.migrate()
  const mailbox = createTestMailbox()
  const client = await bundleClient()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://localhost:${server.address().port}`
  const options = {
    baseUrl: url,
    keys: [{ id: 'k1', secret: randomBytes(32) }],
    mailer: mailbox,
    mail: { appName: 'Acme' },
    passkey: { userVerification: 'preferred' },
    log: null,
  }
  const torii = new Torii(storage, { ...options, secondFactor: { required: 'always' } })
  const handler = createHandler(torii, { pages: { signedIn: '/home', failed: '/' } })
  const serve = createNodeHandler(handler)
  server.on('request', (request, response) => {
    void serve(request, response, () => {
      const [type, body] =
        request.url === '/client.js' ? ['text/javascript', client] : ['text/html', clientPage]
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
    })
  })
  const browser = await launchBrowser()
  const document = await handler(new Request(`${url}/auth/openapi.json`))
  const validateResponse = createResponseValidator(await document.json())
  return {
    mailbox,
    /** Creates an account with a password and a verified email address. */
    async signUp(email, password) {
      const from = { ip: null, userAgent: null }
      const made = await torii.password.register({ email, password }, from)
      if (!made.ok) throw new Error(made.reason)
      await torii.admin.verifyEmail(made.user.id, email)
    },
    newVisitor: () => newVisitor(browser, { site: { url }, validateResponse, counts }),
    async close() {
      await browser.close()
      server.closeAllConnections()
      server.close()
      await torii.shutdown()
      await storage.close()
    },
  }
}
