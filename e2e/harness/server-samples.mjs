/** The servers of samples/servers as processes, with the packages of this repository. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeEmptyDatabase } from './empty-database.mjs'
import { freePort } from './site.mjs'
import { newVisitor } from './visitor.mjs'
import { validatorOf } from './watch.mjs'

const folder = new URL('../../samples/servers', import.meta.url).pathname
const startMs = 30_000

/** Starts the server of that name on a free port with an empty embedded database. */
export async function openServerSample(name, browser, counts) {
  const data = await mkdtemp(join(tmpdir(), 'torii-e2e-sample-'))
  await makeEmptyDatabase(join(data, 'database'))
  const port = await freePort()
  const child = spawn(process.execPath, [`${name}.js`], {
    cwd: folder,
    env: { ...process.env, PORT: String(port), DATABASE_URL: `pglite:${join(data, 'database')}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  await listening(child)
  const site = { url: `http://localhost:${port}` }
  const validateResponse = await validatorOf(site)
  return {
    newVisitor: () => newVisitor(browser, { site, validateResponse, counts }),
    async close() {
      child.kill()
      await exited
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function listening(child) {
  let output = ''
  const keep = (chunk) => {
    output += chunk
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const deadline = Date.now() + startMs
  while (!/^Listening on /m.test(output)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill()
      throw new Error(`the sample did not start:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
