import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from './packed-project.js'
import { startServer } from './server.js'
import { freePort } from './visit.js'

const ada = { email: 'ada@example.com', password: 'a gate of two pillars' }
const startTries = 300
const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']

/**
 * Creates an application by the packed create-torii-auth, as `npm create` does, with the other packed packages, and does
 * what its README says: tests, development, build, production on a PostgreSQL server.
 */
export async function useCreatedApp(
  folder: string,
  tarballs: readonly string[],
  createTarball: string,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await runProgram('npm', ['init', '--yes'], folder)
  await runProgram('npm', ['install', ...flags, createTarball], folder)
  const said = await runProgram('npx', ['create-torii-auth', 'my-app'], folder)
  const app = join(folder, 'my-app')
  const steps = /^ {2}cd my-app\n {2}npm install\n {2}npm run dev$/m
  assert.match(said, steps)
  // In the place of the registry, which has these versions only once they are published.
  await runProgram('npm', ['install', ...flags, ...tarballs], app)
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    await readFile(join(app, 'package.json'), 'utf8'),
  )
  assert.match(manifest.dependencies['torii-auth'] ?? '', /torii-auth-\d.*\.tgz$/)
  assert.match(await runProgram('npm', ['test'], app), /pass 3/)
  await useServer(app, 'dev', {}, async (site) => {
    assert.ok((await site.read('/')).includes('/src/main.jsx'))
    assert.match(await site.read('/src/main.jsx'), /import .*react/)
    await signUpAndOut(site)
  })
  await assert.rejects(runProgram('npm', ['start'], app), /dist is missing/)
  await runProgram('npm', ['run', 'build'], app)
  const database = await startServer()
  try {
    await useServer(app, 'start', { DATABASE_URL: database.url }, async (site) => {
      const asset = /src="(\/assets\/[^"]+\.js)"/.exec(await site.read('/'))?.[1] ?? ''
      assert.match(await site.read(asset), /torii/)
      await signUpAndOut(site)
    })
  } finally {
    await database.stop()
  }
}

/** A running server, and what its terminal shows. */
interface Site {
  readonly origin: string
  shown(): string
  read(path: string): Promise<string>
  send(method: string, path: string, sent?: { body?: object; cookie?: string }): Promise<Answer>
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly cookie: string
}

/** Starts a script of the application, uses the server, and ends it as Ctrl+C does. */
async function useServer(
  folder: string,
  script: 'dev' | 'start',
  settings: Readonly<Record<string, string>>,
  use: (site: Site) => Promise<void>,
): Promise<void> {
  const port = await freePort()
  const child = spawn(process.execPath, [`server/${script}.js`], {
    cwd: folder,
    env: { ...process.env, ...settings, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  const origin = `http://localhost:${port}`
  const site: Site = {
    origin,
    shown: () => shown,
    async read(path) {
      const response = await fetch(origin + path)
      assert.equal(response.status, 200, path)
      return response.text()
    },
    async send(method, path, { body, cookie = '' } = {}) {
      const response = await fetch(origin + path, {
        method,
        headers: { origin, cookie, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const setCookie = response.headers.getSetCookie().map((one) => one.split(';')[0])
      return { status: response.status, text: await response.text(), cookie: setCookie.join('; ') }
    },
  }
  try {
    await until(() => (shown.includes(`Listening on ${origin}`) ? true : null), child)
    await use(site)
  } finally {
    await end(child)
  }
  assert.equal(child.exitCode, 0, `server/${script}.js ended by SIGTERM with status 0`)
}

/** Creates an account, follows the link that the terminal shows, and is the owner until the sign-out. */
async function signUpAndOut(site: Site): Promise<void> {
  assert.equal((await site.send('POST', '/auth/password/register', { body: ada })).status, 202)
  const token = await until(() => /email\/verify\?token=(\S+)/.exec(site.shown())?.[1] ?? null)
  const body = { token, password: ada.password }
  const { status, cookie } = await site.send('POST', '/auth/email/verify', { body })
  assert.equal(status, 200)
  assert.equal((await site.send('GET', '/api/role', { cookie })).text, '{"role":"owner"}')
  assert.ok((await site.send('GET', '/api/users', { cookie })).text.includes(ada.email))
  assert.equal((await site.send('POST', '/auth/sign-out', { cookie })).status, 204)
  assert.equal((await site.send('GET', '/api/role', { cookie })).status, 401)
  assert.equal((await site.send('POST', '/auth/password/authenticate', { body: ada })).status, 200)
}

async function until<Found>(find: () => Found | null, child?: ChildProcess): Promise<Found> {
  for (let tries = 0; tries < startTries; tries += 1) {
    const found = find()
    if (found !== null) return found
    assert.equal(child?.exitCode ?? null, null, 'the server ended')
    await sleep(100)
  }
  throw new Error('waited too long')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
