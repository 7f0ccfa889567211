import { startApplication } from './application.js'
import { readSettings } from './settings.js'

/** The longest wait for a clean stop, since a mail server may hang: it ends within five seconds of the signal. */
const stopMs = 4500

try {
  const application = await startApplication(readSettings(process.env))
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      setTimeout(() => process.exit(0), stopMs)
      void application.stop().then(() => process.exit(0))
    })
  for (const note of application.notes) console.log(note)
  console.log(`Listening on ${application.url}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
