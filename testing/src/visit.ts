import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server to start, and a page of it that shows the address of whoever is signed in. */
export interface VisitedServer {
  readonly command: readonly [program: string, ...args: string[]]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly origin: string
  readonly page: string
  /** Whether the framework tells Torii the client's address. */
  readonly knowsAddress: boolean
  /** Whether the application has its own forms at /sign-in and /account. */
  readonly hasForms?: boolean
  /** A page that only signed-in users reach. */
  readonly membersPage?: string
  /** A page that sends everyone to /account who has not proved two factors. */
  readonly twoFactorPage?: string
  /** What else to do while the server runs. */
  readonly also?: () => Promise<void>
}

const email = 'ada@example.com'
const password = 'a gate of two pillars'
const startTries = 300

/**
 * Starts a server and goes through it as a browser would: no one is signed in, register, the page knows who it is,
 * sign out, the page has forgotten. Ends what it started.
 */
export async function visit(server: VisitedServer): Promise<void> {
  const [program, ...args] = server.command
  const child = spawn(program, args, {
    cwd: server.cwd,
    env: { ...process.env, ...server.env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  try {
    await goThrough(server, child)
    await server.also?.()
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    }
  }
}

async function goThrough(server: VisitedServer, child: ChildProcess) {
  const { origin, page, knowsAddress } = server
  const shown = async (cookie: string) =>
    (await (await fetch(origin + page, { headers: { cookie } })).text()).includes(email)
  await untilAnswers(origin + page, child)
  assert.equal(await shown(''), false)
  const registered = await fetch(`${origin}/auth/password/register`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  assert.equal(registered.status, 201)
  const body: unknown = await registered.json()
  const ip: unknown = Reflect.get(Object(Reflect.get(Object(body), 'session')), 'ip')
  if (knowsAddress) assert.match(String(ip), /^(?:127\.0\.0\.1|::1)$/)
  const cookie = registered.headers.get('set-cookie')?.split(';')[0] ?? ''
  assert.equal(await shown(cookie), true)
  const session = await fetch(`${origin}/auth/session`, { headers: { cookie } })
  assert.equal(session.status, 200)
  const signOut = (headers: Record<string, string>) =>
    fetch(`${origin}/auth/sign-out`, { method: 'POST', headers: { cookie, ...headers } })
  assert.equal((await signOut({ origin: 'https://evil.example' })).status, 403)
  assert.equal((await signOut({ origin })).status, 204)
  assert.equal(await shown(cookie), false)
  assert.equal((await fetch(`${origin}/auth/nothing`)).status, 404)
  if (server.hasForms === true) await goThroughForms(server)
}

/** Signs in and out by the application's own forms, as a browser without scripts. */
async function goThroughForms({ origin, membersPage, twoFactorPage }: VisitedServer) {
  const open = (path: string, cookie = '') => openPage(origin + path, cookie)
  const submit = async (path: string, fields: Record<string, string>, cookie = '') => {
    const html = await (await open(path, cookie)).text()
    const hidden = [...html.matchAll(hiddenInput)].map(([, name = '', value = '']) => [name, value])
    const body = html.includes('multipart/form-data') ? new FormData() : new URLSearchParams()
    for (const [name = '', value = ''] of [...hidden, ...Object.entries(fields)])
      body.set(name, value)
    // A form without an action posts to its page.
    const action = formAction.exec(html)?.[1] ?? path
    const options = { method: 'POST', body, redirect: 'manual' } as const
    return fetch(origin + action, { ...options, headers: { origin, cookie } })
  }
  const sessionIn = (response: Response) =>
    response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0] ?? '')
      .find((cookie) => cookie.startsWith('torii='))
  /** Where a browser is redirected from the path; null if it is not. */
  const targetOf = async (path: string, cookie?: string) => {
    const { status, headers } = await open(path, cookie)
    if (![303, 307].includes(status)) return null
    return new URL(headers.get('location') ?? '', origin).pathname
  }
  assert.equal(await targetOf('/account'), '/sign-in')
  const refused = await submit('/sign-in', { email, password: 'a gate of one pillar only' })
  assert.equal(sessionIn(refused), undefined)
  const signedIn = await submit('/sign-in', { email, password })
  const cookie = sessionIn(signedIn) ?? ''
  assert.match(cookie, /^torii=torii_s_/)
  assert.ok((await (await open('/account', cookie)).text()).includes(email))
  if (membersPage !== undefined) {
    assert.equal((await open(membersPage, cookie)).status, 200)
    const program = await fetch(origin + membersPage, { redirect: 'manual' })
    assert.equal(program.status, 401)
  }
  if (twoFactorPage !== undefined)
    for (const sent of ['', cookie]) assert.equal(await targetOf(twoFactorPage, sent), '/account')
  const signedOut = await submit('/account', {}, cookie)
  assert.equal(sessionIn(signedOut), 'torii=')
  assert.equal(await targetOf('/account', cookie), '/sign-in')
}

/** Opens a page as a browser does. `fetch` cannot: it says of each request that it is no navigation. */
async function openPage(url: string, cookie: string): Promise<Response> {
  const sent = get(url, { headers: { cookie, 'sec-fetch-mode': 'navigate', accept: 'text/html' } })
  const [received] = (await once(sent, 'response')) as [IncomingMessage]
  const headers = new Headers()
  const { location } = received.headers
  if (location !== undefined) headers.set('location', location)
  return new Response(await text(received), { status: received.statusCode ?? 0, headers })
}

const formAction = /<form[^>]* action="(\/[^"]*)"/
const hiddenInput = /<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g

/** Until the server listens; rejects when it has ended instead. */
async function untilAnswers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    try {
      await fetch(url)
      return
    } catch (error) {
      if (tries >= startTries) throw error
      await sleep(100)
    }
  }
}

/** A port of 127.0.0.1 that no one listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
