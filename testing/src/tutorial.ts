import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runProgram, versionHere } from './packed-project.js'
import { freePort } from './visit.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const ada = { email: 'ada@example.com', password: 'a gate of two pillars' }
const startTries = 300

/** A block of docs/tutorial.md, in the order of the page. */
type Block =
  | { readonly kind: 'commands'; readonly lines: readonly string[] }
  | { readonly kind: 'server'; readonly line: string }
  | { readonly kind: 'file'; readonly path: string; readonly text: string }

/** The blocks of the page: commands, servers to start, and files, whose first line names them. */
export function tutorialBlocks(page: string): Block[] {
  return [...page.matchAll(/^```(\S+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ([, language, mark = '', text = '']) => {
      const lines = text.trimEnd().split('\n')
      if (language === 'sh' && mark.trim() === 'ignore: server')
        return { kind: 'server', line: lines[0] ?? '' }
      if (language === 'sh') return { kind: 'commands', lines }
      if (mark.trim().startsWith('ignore: an option')) return { kind: 'commands', lines: [] }
      const path = /^(?:\/\/|<!--) (\S+)/.exec(text)?.[1]
      if (path === undefined) throw new Error(`a block of the tutorial names no file: ${lines[0]}`)
      return { kind: 'file', path, text }
    },
  )
}

/**
 * Follows docs/tutorial.md in an empty folder: writes its files, runs its commands with the packed packages, and uses the
 * application after each step.
 */
export async function followTutorial(folder: string, tarballs: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  const page = await readFile(join(repository, 'docs/tutorial.md'), 'utf8')
  const port = await freePort()
  const app = new Application(folder, `http://localhost:${port}`)
  const uses = [usePage, useNotes, useRoles, useBuild]
  let started = 0
  try {
    for (const block of tutorialBlocks(page)) {
      if (block.kind === 'file') {
        await mkdir(dirname(join(folder, block.path)), { recursive: true })
        await writeFile(join(folder, block.path), block.text)
      } else if (block.kind === 'commands') {
        for (const line of block.lines) {
          // The embedded database serves one process at a time.
          if (!line.startsWith('curl ')) await app.stop()
          await runCommand(line, app, tarballs)
        }
      } else {
        await app.start(block.line, port)
        // The first server is used by a command of the page itself.
        if (started > 0) await uses[started - 1]?.(app)
        started += 1
      }
    }
  } finally {
    await app.stop()
  }
  assert.equal(started, uses.length + 1, 'every step of the tutorial was used')
}

/** Runs a line of the page: npm with the packages of this repository, curl at the port of this run. */
async function runCommand(line: string, app: Application, tarballs: readonly string[]) {
  const [program = '', ...words] = line.split(' ')
  // The page's folder is the one that the run has made.
  if (line === 'mkdir notes' || line === 'cd notes') return
  if (program === 'npm' && words[0] === 'install') {
    const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
    const named = words.slice(1)
    const ours = named.some((name) => name.startsWith('torii-')) ? tarballs : []
    const others = named.filter((name) => !name.startsWith('torii-'))
    await app.run('npm', [
      'install',
      ...flags,
      ...ours,
      ...(await Promise.all(others.map(version))),
    ])
    return
  }
  if (program !== 'curl') return void (await app.run(program, words))
  const output = await app.run('sh', ['-c', line.replace('http://localhost:3000', app.origin)])
  assert.match(output, /^HTTP\/1\.1 201 Created/)
  assert.match(output, /^set-cookie: torii=torii_s_/im)
  assert.ok(output.includes('"email":"ada@example.com"'))
}

/** The package in the version that this repository tests. */
async function version(name: string): Promise<string> {
  if (!name.startsWith('react')) return versionHere(name)
  const manifest = await readFile(join(repository, 'samples/views/package.json'), 'utf8')
  const { devDependencies } = JSON.parse(manifest) as { devDependencies: Record<string, string> }
  return `${name}@${devDependencies[name] ?? assert.fail(`samples/views has no ${name}`)}`
}

/** The application of the tutorial, and the browser of one person. */
class Application {
  readonly folder: string
  readonly origin: string
  #server: ChildProcess | null = null

  constructor(folder: string, origin: string) {
    this.folder = folder
    this.origin = origin
  }

  run(program: string, args: readonly string[]): Promise<string> {
    return runProgram(program, args, this.folder)
  }

  async start(line: string, port: number): Promise<void> {
    await this.stop()
    const words = line.split(' ')
    const settings = words.filter((word) => word.includes('=')).map((word) => word.split('='))
    const [program = '', ...args] = words.filter((word) => !word.includes('='))
    this.#server = spawn(program, args, {
      cwd: this.folder,
      env: { ...process.env, ...Object.fromEntries(settings), PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    for (let tries = 0; tries < startTries; tries += 1) {
      assert.equal(this.#server.exitCode, null, `"${line}" ended`)
      const answered = await fetch(`${this.origin}/auth/health`).catch(() => null)
      if (answered?.ok === true) return
      await sleep(100)
    }
    throw new Error(`"${line}" does not answer`)
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null || server.exitCode !== null) return
    const ended = once(server, 'exit')
    server.kill()
    await ended
  }

  async send(path: string, { body, cookie = '', origin = this.origin }: Sent = {}) {
    const response = await fetch(this.origin + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { origin, cookie, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const setCookie = response.headers.getSetCookie().find((one) => one.startsWith('torii='))
    return { status: response.status, text: await response.text(), setCookie: setCookie ?? '' }
  }

  /** Registers, follows the link in the mail, and returns the session cookie. */
  async signUpByMail(email: string): Promise<string> {
    const { password } = ada
    const made = await this.send('/auth/password/register', { body: { email, password } })
    assert.deepEqual([made.status, made.setCookie], [202, ''])
    const mails = join(this.folder, '.torii/mail')
    for (let tries = 0; tries < startTries; tries += 1) {
      const files = await readdir(mails).catch((): string[] => [])
      // A message that is still being written has another ending.
      const names = files.filter((name) => name.endsWith('.eml')).sort()
      const texts = await Promise.all(names.map((name) => readFile(join(mails, name), 'utf8')))
      const token = texts.find((text) => text.includes(`To: ${email}`))?.match(/token=(\S+)/)?.[1]
      if (token === undefined) {
        await sleep(20)
        continue
      }
      const verified = await this.send('/auth/email/verify', { body: { token, password } })
      assert.equal(verified.status, 200, verified.text)
      return cookieOf(verified.setCookie)
    }
    throw new Error(`no mail to ${email}`)
  }
}

interface Sent {
  readonly body?: object
  readonly cookie?: string
  readonly origin?: string
}

const cookieOf = (setCookie: string) => setCookie.split(';')[0] ?? ''

/** Signs in as Ada; returns `Set-Cookie`. */
async function signIn(app: Application, remember: boolean) {
  const answer = await app.send('/auth/password/authenticate', { body: { ...ada, remember } })
  assert.equal(answer.status, 200, answer.text)
  return answer.setCookie
}

/** Step 2: Vite serves the page and what it imports, and the form's requests work. */
async function usePage(app: Application) {
  assert.ok((await app.send('/')).text.includes('/src/main.jsx'))
  for (const file of ['main', 'app', 'sign-in']) {
    const { status, text } = await app.send(`/src/${file}.jsx`)
    assert.deepEqual([status, text.includes('jsx')], [200, true], file)
    assert.ok(!text.includes('</'), `${file}.jsx is compiled`)
  }
  assert.match(await signIn(app, true), /Max-Age=/)
  assert.doesNotMatch(await signIn(app, false), /Max-Age=/)
}

/** Step 3: notes belong to their user, and no other page writes any. */
async function useNotes(app: Application) {
  assert.equal((await app.send('/api/notes')).status, 401)
  const cookie = cookieOf(await signIn(app, true))
  const body = { text: 'Water the plants' }
  assert.equal((await app.send('/api/notes', { body, cookie })).status, 201)
  const foreign = { body, cookie, origin: 'https://evil.example' }
  assert.equal((await app.send('/api/notes', foreign)).status, 401)
  assert.deepEqual(JSON.parse((await app.send('/api/notes', { cookie })).text), {
    notes: [{ id: 1, text: body.text }],
  })
}

/** Step 4: only verified addresses sign in, and the first user is the owner. */
async function useRoles(app: Application) {
  const owner = await app.signUpByMail('grace@example.com')
  const note = await app.send('/api/notes', { body: { text: 'Feed the cat' }, cookie: owner })
  assert.equal(note.status, 201)
  const statistics = await app.send('/api/statistics', { cookie: owner })
  assert.deepEqual([statistics.status, statistics.text], [200, '{"notes":1}'])
  assert.equal((await app.send('/auth/password/register', { body: ada })).status, 202)
  assert.equal((await app.send('/auth/password/authenticate', { body: ada })).status, 401)
  const member = await app.signUpByMail('edith@example.com')
  assert.equal((await app.send('/api/statistics', { cookie: member })).status, 403)
  assert.equal((await app.send('/api/statistics')).status, 401)
}

/** Step 5: the built page, with the data of the steps before. */
async function useBuild(app: Application) {
  const { text } = await app.send('/')
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(text)?.[1] ?? assert.fail(text)
  const { status, text: code } = await app.send(script)
  assert.equal(status, 200)
  assert.ok(code.includes('Keep me signed in'))
  // Edith has the role that grant.js gave her.
  for (const email of ['grace@example.com', 'edith@example.com']) {
    const body = { email, password: ada.password }
    const { setCookie } = await app.send('/auth/password/authenticate', { body })
    const cookie = cookieOf(setCookie)
    assert.equal((await app.send('/api/statistics', { cookie })).text, '{"notes":1}')
  }
}
