/**
 * The server of `mail-timing.mjs`: Torii on node:http over the database and the SMTP server of its arguments. With
 * `control` mail is sent as a simple mailer does it: in this thread, and nothing where there is no account.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createTransport } from 'nodemailer'
import { Torii } from 'torii-auth'
import { createHandler, createNodeHandler } from 'torii-auth/http'
import { smtpMailer } from 'torii-auth/smtp'
import { PostgresStorage } from 'torii-storage-postgres'
import { leaveParent } from './ends-with-parent.mjs'

const [url, port, kind] = process.argv.slice(2)
const from = 'no-reply@app.example'
const smtp = { host: '127.0.0.1', port: Number(port) }
const transport = createTransport({ ...smtp, secure: false, ignoreTLS: true })
const control = {
  send: ({ to, subject, text, html }) => transport.sendMail({ from, to, subject, text, html }),
}
const storage = await PostgresStorage.connect(url)
const torii = new Torii(storage, {
  baseUrl: 'http://localhost:3000',
  mailer: kind === 'control' ? control : smtpMailer({ ...smtp, from }),
  log: () => undefined,
})
const listener = createNodeHandler(createHandler(torii), { trustedProxyHops: 1 })
const server = createServer((request, response) => void listener(request, response))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.on('message', async () => {
  server.closeAllConnections()
  server.close()
  await torii.shutdown()
  await storage.close()
  leaveParent()
})
process.send({ port: server.address().port })
