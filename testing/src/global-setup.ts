// Loaded by Vitest into its own process, before any test file: the server, the template and the notes of a run.
import { mkdirSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { fileSeconds, watchForks } from './file-watchdog.js'
import { prepareTemplate } from './prepare-template.js'
import {
  clearRunDirectory,
  createRunDirectory,
  forksDirectoryOf,
  secretsDirectoryOf,
} from './run-directory.js'
import { createTemplate } from './template.js'
import { openRunServer } from './test-server.js'
import { startWatchdog } from './watch.js'

/** Opens what the test files share; their processes inherit the environment. Returns what closes it. */
export async function setup({ vitest }: TestProject): Promise<() => Promise<void>> {
  const wanted = process.env.TORII_TEST_MAJOR
  const server = await openRunServer(wanted === undefined ? undefined : Number(wanted))
  try {
    console.log(`Testing on ${server.title}`)
    const template = await createTemplate(server.url, prepareTemplate)
    const notes = openNotes()
    const stopWatch = vitest.config.inspector.enabled
      ? () => {}
      : watchForks(notes.forks, fileSeconds, (text) => console.error(`FAIL  ${text}`))
    Object.assign(process.env, {
      TORII_TEST_SERVER_URL: server.url,
      TORII_TEST_TEMPLATE: template.name,
      TORII_TEST_MAJOR: String(server.major),
      TORII_TEST_SECRETS: notes.secrets,
      TORII_TEST_FORKS: notes.forks,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${new URL('secret-watch.js', import.meta.url)}`,
      ...(server.logFile === null ? {} : { TORII_TEST_SERVER_LOG: server.logFile }),
    })
    return async () => {
      stopWatch()
      await notes.remove()
      await template.dropAll()
      await server.stop()
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** The folders in which test processes note themselves and their secrets; a killed run leaves none of it. */
function openNotes(): { secrets: string; forks: string; remove(): Promise<void> } {
  const directory = createRunDirectory()
  const watchdog = startWatchdog(directory)
  const secrets = secretsDirectoryOf(directory)
  const forks = forksDirectoryOf(directory)
  for (const path of [secrets, forks]) mkdirSync(path, { mode: 0o700 })
  const remove = () => clearRunDirectory(directory).finally(watchdog.release)
  return { secrets, forks, remove }
}
