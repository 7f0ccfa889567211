/**
 * Runs the main job as a newcomer would: `npm start` on an empty data folder, an account, its mail out of the
 * development mailbox, a sign-in and a session, then the lines for curl of its page. Then a stop by SIGTERM sent to
 * npm, and a second start that still knows the session.
 * Fails when a step takes too long; whatever it started is gone when it ends. POSIX only (signals).
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from './repository.mjs'

const startSeconds = 120
const stopSeconds = 5
const account = { email: 'grace@example.com', password: 'seven lanterns at the smoke gate' }

/** Starts the main job in a process group of its own: `{ url, stop }` once it listens. */
async function start(data) {
  const child = spawn('npm', ['start'], {
    cwd: repositoryRoot,
    env: { ...process.env, PORT: '0', DATABASE_URL: `pglite:${data}` },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const exited = new Promise((resolve) => {
    child.on('exit', (status, signal) => resolve({ status, signal }))
  })
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch (error) {
      if (error.code !== 'ESRCH') throw error
    }
  }
  process.on('exit', kill)
  const url = await within(startSeconds, 'npm start', listening(child, exited))
  const stop = async () => {
    child.kill('SIGTERM')
    const ended = await within(stopSeconds, 'stopping', exited)
    assert.deepEqual(ended, { status: 0, signal: null }, 'npm start after SIGTERM')
    await assert.rejects(fetch(url), 'still answers after SIGTERM')
  }
  return { url, stop }
}

function listening(child, exited) {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk)
      output += chunk
      const url = /^Listening on (\S+)$/m.exec(output)?.[1]
      if (url) resolve(url.replace(/\/$/, ''))
    })
    void exited.then((ended) => reject(new Error(`npm start ended: ${JSON.stringify(ended)}`)))
  })
}

async function within(seconds, what, promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: more than ${seconds} s`)), seconds * 1000)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** One request to the handler, from the page's own origin; refuses any other status than the expected. */
async function request(url, method, route, expected, { body, cookie } = {}) {
  const headers = {
    origin: url,
    ...(cookie && { cookie }),
    ...(body && { 'content-type': 'application/json' }),
  }
  const response = await fetch(`${url}/auth/${route}`, {
    method,
    headers,
    body: body && JSON.stringify(body),
  })
  const text = await response.text()
  assert.equal(response.status, expected, `${method} ${route}: ${text}`)
  const setCookie = response.headers.getSetCookie().map((line) => line.split(';')[0])
  return {
    body: text && JSON.parse(text),
    cookie: setCookie.find((pair) => pair.startsWith('torii=')),
  }
}

/** The token in the newest message of the development mailbox. */
async function mailedToken(url) {
  const page = await within(10, 'mail', mailFor(url, account.email))
  return /\/auth\/email\/verify\?token=([^"&<\s]+)/.exec(page)?.[1]
}

/** Mail goes out after the answer, so it may take a moment. */
async function mailFor(url, address) {
  for (;;) {
    const response = await fetch(`${url}/mailbox`)
    assert.equal(response.status, 200, 'the development mailbox')
    const page = await response.text()
    if (page.includes(`To ${address}`)) return page
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Signs up, verifies by mail, and signs in; returns the cookie of the newer session. */
async function useAccount(url) {
  assert.equal((await fetch(url)).status, 200, 'the page')
  const registered = await request(url, 'POST', 'password/register', 202, { body: account })
  assert.deepEqual(registered, { body: { status: 'accepted' }, cookie: undefined })
  const proof = { token: await mailedToken(url), password: account.password }
  const verified = await request(url, 'POST', 'email/verify', 200, { body: proof })
  assert.equal(verified.body.user.emailVerified, true)
  await request(url, 'GET', 'session', 401)
  const wrong = { ...account, password: 'eight lanterns at the smoke gate' }
  const refused = await request(url, 'POST', 'password/authenticate', 401, { body: wrong })
  assert.equal(refused.body.error, 'invalid_credentials')
  const { cookie } = await request(url, 'POST', 'password/authenticate', 200, { body: account })
  assert.ok(cookie, 'signing in sets the cookie')
  return cookie
}

/** The block of the web application's page that calls curl, with this address in the place of the default one. */
function readmeLines(url) {
  const readme = readFileSync(join(repositoryRoot, 'examples/webapp/README.md'), 'utf8')
  const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, lines]) => lines)
  const curl = blocks.filter((lines) => lines.includes('curl '))
  assert.equal(curl.length, 1, 'examples/webapp/README.md has one block of curl lines')
  return curl[0].replaceAll('http://localhost:3000', url).split('\n\n')
}

/** Runs the page's lines as they stand there; mail is waited for as a person would. */
async function followReadme(url) {
  const [register, ...rest] = readmeLines(url)
  const bash = (lines) =>
    execFileSync('bash', ['-euc', lines], { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  assert.match(bash(register), /^HTTP\/1\.1 202 [\s\S]*"status":"accepted"/)
  await within(10, 'mail', mailFor(url, 'ada@example.com'))
  const answers = bash(rest.join('\n'))
  assert.match(answers, /^HTTP\/1\.1 200 [\s\S]*"email":"ada@example\.com","emailVerified":true/)
  assert.match(answers, /"sessions":\[/)
  assert.match(answers, /HTTP\/1\.1 204 /)
}

async function expectSession(url, cookie) {
  const { body } = await request(url, 'GET', 'session', 200, { cookie })
  assert.equal(body.user.email, account.email)
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
const folder = mkdtempSync(join(tmpdir(), 'torii-smoke-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const first = await start(join(folder, 'data'))
const cookie = await useAccount(first.url)
await expectSession(first.url, cookie)
if (spawnSync('curl', ['--version']).error)
  console.log('smoke: no curl here, so not by the lines of its page')
else await followReadme(first.url)
await first.stop()
const second = await start(join(folder, 'data'))
await expectSession(second.url, cookie)
await second.stop()
console.log(
  'smoke: registered, verified by mail, signed in, stopped with status 0, and knew the session after a restart',
)
