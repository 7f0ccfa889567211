import type { Application } from './application.js'
import { startApplication } from './application.js'
import { readSettings } from './settings.js'

/** The longest wait for a clean stop, since a mail server may hang. */
const stopMs = 4500

/** Ends with status 0 within five seconds of SIGTERM or SIGINT. */
function stopOnSignal(application: Application): void {
  const stop = async () => {
    setTimeout(() => process.exit(0), stopMs)
    await application.stop()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())
}

async function start(): Promise<void> {
  const application = await startApplication(readSettings(process.env))
  stopOnSignal(application)
  for (const note of application.notes) console.log(note)
  console.log(`Listening on ${application.url}`)
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
