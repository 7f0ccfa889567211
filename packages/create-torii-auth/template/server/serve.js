import { once } from 'node:events'
import { createApp } from './app.js'
import { openAuth } from './auth.js'
import { createMailer } from './mail.js'
import { readSettings } from './settings.js'

/** Starts the server, with the pages that `addPages` adds, and ends it on Ctrl+C or SIGTERM. */
export async function serve(addPages) {
  const settings = readSettings()
  const services = await openAuth(settings, createMailer(settings))
  const app = createApp(services, settings)
  const closePages = await addPages(app)
  services.torii.startSweeping()
  const server = app.listen(settings.port, settings.host)
  await once(server, 'listening')
  console.log(`Listening on ${settings.baseUrl}`)

  async function stop() {
    server.close()
    server.closeAllConnections()
    await closePages?.()
    await services.torii.shutdown()
    await services.storage.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
}
