/** An application of two origins over TLS: a page on one host, Torii on another. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { Torii } from 'torii-auth'
import { createHandler, createNodeHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'
import { createResponseValidator } from '../../packages/auth/dist/http/test/documented.test.support.js'
import { makeCertificate } from './certificate.mjs'
import { launchBrowser, newVisitor } from './visitor.mjs'

const apiHost = 'api.acme.example'
/** The hosts of pages. `app` and `shop` are trusted; `evil` is of the same site, `shop` of another. */
const pageHosts = { app: 'app.acme.example', evil: 'evil.acme.example', shop: 'shop.example' }

/**
 * Starts the pages, and Torii once with its defaults and once with `cookie.domain`; opens a browser that resolves their hosts to
 * this machine and accepts the certificate of this run.
 */
export async function openTwoOrigins(counts) {
  const folder = await mkdtemp(join(tmpdir(), 'torii-two-origins-'))
  const hosts = [apiHost, ...Object.values(pageHosts)]
  const { authority, ...tls } = makeCertificate(folder, hosts)
  const pages = await listen(tls, await pageListener())
  const urls = Object.fromEntries(
    Object.entries(pageHosts).map(([name, host]) => [name, urlOf(pages, host)]),
  )
  const storage = await PostgresStorage.connect(`pglite:${join(folder, 'data')}`)
  await storage.migrate()
  const browser = await launchBrowser([
    `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(',')}`,
    `--ignore-certificate-errors-spki-list=${authority}`,
  ])
  const shared = { tls, storage, urls, browser, counts }
  const plain = await openApi(shared, {})
  const domain = await openApi(shared, { domain: 'acme.example' })
  return {
    plain,
    domain,
    async close() {
      await browser.close()
      for (const server of [pages, plain.server, domain.server]) {
        server.closeAllConnections()
        server.close()
      }
      await Promise.all([plain.torii.shutdown(), domain.torii.shutdown()])
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function openApi({ tls, storage, urls, browser, counts }, cookie) {
  const received = []
  let serve
  const server = await listen(tls, (request, response) => {
    const { method, url, headers } = request
    received.push({ method, url, ...headers })
    void serve(request, response)
  })
  const site = { url: urlOf(server, apiHost) }
  const trustedOrigins = [urls.app, urls.shop]
  const torii = new Torii(storage, { baseUrl: site.url, trustedOrigins, cookie, log: null })
  const handler = createHandler(torii)
  serve = createNodeHandler(handler)
  const document = await handler(new Request(`${site.url}/auth/openapi.json`))
  const validateResponse = createResponseValidator(await document.json())
  return {
    torii,
    server,
    urls,
    api: site.url,
    /** The requests that reached Torii. */
    received,
    /** Opens a separate browser window, which may have the problems of the form `tolerates`. */
    newVisitor: (tolerates) => newVisitor(browser, { site, validateResponse, counts, tolerates }),
  }
}

const urlOf = (server, host) => `https://${host}:${server.address().port}`

async function listen(tls, listener) {
  const server = createServer(tls, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Serves the same page and the browser client on every host. */
async function pageListener() {
  const build = await rolldown({
    input: new URL('../../packages/auth/dist/browser/index.js', import.meta.url).pathname,
    platform: 'browser',
  })
  const { output } = await build.generate({ format: 'esm' })
  await build.close()
  return ({ url }, response) => {
    const [type, body] =
      url === '/client.js' ? ['text/javascript', output[0].code] : ['text/html', page]
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
  }
}

/** A single-page application. The fragment of its URL is the API's. */
const page = `<!doctype html>
<html lang="en">
<title>Acme</title>
<link rel="icon" href="data:,">
<h1>Acme</h1>
<p id="who" role="status"></p>
<form>
<label>Email <input id="email" type="email"></label>
<label>Password <input id="password" type="password"></label>
<button value="register">Sign up</button>
<button value="authenticate">Sign in</button>
<button value="signOut">Sign out</button>
</form>
<script type="module">
import { createClient, password, sessions } from '/client.js'
const baseUrl = location.hash.slice(1)
const client = createClient({ baseUrl })
const byId = (id) => document.getElementById(id)
const show = async () => {
  const current = await sessions.current(client)
  byId('who').textContent = current.ok ? 'Signed in as ' + current.user.email : current.error
}
document.querySelector('form').addEventListener('submit', async (event) => {
  event.preventDefault()
  const typed = { email: byId('email').value, password: byId('password').value }
  const action = event.submitter.value
  if (action === 'signOut') await sessions.signOut(client)
  else await password[action](client, typed)
  await show()
})
window.clientFor = (token) => createClient({ baseUrl, token: () => token })
window.sessions = sessions
await show()
</script>
</html>`
