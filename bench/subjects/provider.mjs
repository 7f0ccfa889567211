/**
 * An OAuth provider on loopback, in a separate process, so that its work is counted for no subject. A caller who brings a
 * code is the person of that name. Run as a program it serves; `startProvider` runs it.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

function answer(request, body) {
  if (request.url.startsWith('/token')) {
    const code = new URLSearchParams(body).get('code')
    return { access_token: code, token_type: 'Bearer', expires_in: 3600, scope: 'user' }
  }
  const subject = (request.headers.authorization ?? '').replace('Bearer ', '')
  const email = `${subject}@example.com`
  return {
    id: subject,
    sub: subject,
    email,
    email_verified: true,
    emailVerified: true,
    name: 'Ada',
  }
}

async function serve() {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer(request, body)))
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send(`http://127.0.0.1:${server.address().port}`)
  process.on('disconnect', () => process.exit(0))
}

/** Resolves to its URL and how to end it. */
export async function startProvider() {
  const child = fork(fileURLToPath(import.meta.url))
  const [url] = await once(child, 'message')
  return { url, close: () => child.disconnect() }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve()
