/**
 * `npm run bench -- mail-timing`: whether the responses after a request tell what it did. After a reset request for an
 * address, or a sign-in with a right or a wrong password on an unverified account, ten small requests are timed. The
 * distinguisher takes their sum; its area under the curve is 0.5 if it learns nothing and 1 if it is always right. A
 * control, a mailer that sends in the thread of the server, must be found.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { SMTPServer } from 'smtp-server'
import { Torii } from 'torii-auth'
import { PostgresStorage } from 'torii-storage-postgres'
import { startServer } from 'torii-testing'

const password = 'correct horse battery staple'
const wrong = 'not this one, surely'
const followers = 10
/** The most that the area may be, and the least of the control, below which the run measured nothing. */
const most = 0.6

export async function mailTiming({ isQuick, note }) {
  const n = isQuick ? 60 : 400
  const database = await startServer({})
  const smtp = await startSmtp()
  try {
    const storage = await PostgresStorage.connect(database.url)
    await storage.migrate()
    const rows = []
    for (const kind of ['thread', 'control']) {
      const people = await register(storage, `${kind}`, 2 * n)
      const server = await startChild([database.url, String(smtp.port), kind])
      rows.push(...(await measure(server, kind, people, n)))
      await server.stop()
      note(`measured ${kind}`)
    }
    await storage.close()
    console.log(`\nTen requests after another one, ${n} of each kind, interleaved.\n`)
    console.log('| mailer | after | median ms | area under the curve | |')
    console.log('| --- | --- | --- | --- | --- |')
    for (const { mailer, after, medianMs, area, met } of rows)
      console.log(
        `| ${mailer} | ${after} | ${medianMs.join(' and ')} | ${area.toFixed(2)} | ${met ? 'as it must be' : 'too much or too little'} |`,
      )
    const results = new URL('results/', import.meta.url)
    mkdirSync(results, { recursive: true })
    writeFileSync(new URL('mail-timing.json', results), `${JSON.stringify({ n, rows }, null, 2)}\n`)
    return rows.every(({ met }) => met) ? 0 : 1
  } finally {
    smtp.stop()
    await database.stop()
  }
}

async function startSmtp() {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      stream.resume()
      stream.on('end', done)
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return { port: server.server.address().port, stop: () => server.close() }
}

async function startChild(given) {
  const child = fork(new URL('mail-timing-server.mjs', import.meta.url), given)
  const [{ port }] = await once(child, 'message')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let callers = 0
  /** Each from another IP address, so that no rate limit is reached. */
  async function send(method, path, body) {
    callers += 1
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = {
      origin: 'http://localhost:3000',
      'x-forwarded-for': `10.${(callers >> 16) & 255}.${(callers >> 8) & 255}.${callers & 255}`,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    }
    const sent = request({ host: '127.0.0.1', port, agent, method, path: `/auth/${path}`, headers })
    sent.end(text)
    const [response] = await once(sent, 'response')
    response.resume()
    await once(response, 'end')
    return response.statusCode
  }
  return {
    send,
    async stop() {
      agent.destroy()
      child.send('stop')
      await once(child, 'exit')
    },
  }
}

/** Unverified accounts, which all have the same password. */
async function register(storage, word, count) {
  const torii = new Torii(storage, { baseUrl: 'https://app.example', requireVerifiedEmail: false })
  const prepared = await torii.password.prepare(
    { email: `${word}@example.net`, password },
    { ip: null, userAgent: null },
  )
  const { passwordHash } = prepared.user
  const emails = Array.from({ length: count }, (_, at) => `${word}-${at}@example.com`)
  const { newUserId } = await import('torii-core')
  for (const email of emails) await storage.users.register({ id: newUserId(), email, passwordHash })
  return emails
}

async function measure({ send }, mailer, people, n) {
  const reset = (email) => send('POST', 'password/reset/request', { email })
  const signIn = (given) => (email) =>
    send('POST', 'password/authenticate', { email, password: given })
  const resets = { yes: reset, no: (email) => reset(`un${email}`) }
  const passwords = { yes: signIn(password), no: signIn(wrong) }
  const pairs =
    mailer === 'control' ? { 'a reset': resets } : { 'a reset': resets, 'a password': passwords }
  for (let warm = 0; warm < 30; warm += 1) {
    await reset(`warm-${warm}@example.com`)
    await send('GET', 'oauth/providers')
  }
  const rows = []
  for (const [after, pair] of Object.entries(pairs)) {
    const sums = { yes: [], no: [] }
    const own = people.slice(rows.length * n, (rows.length + 1) * n)
    for (const email of own)
      for (const kind of Math.random() < 0.5 ? ['yes', 'no'] : ['no', 'yes']) {
        await pair[kind](email)
        const started = performance.now()
        for (let at = 0; at < followers; at += 1) await send('GET', 'oauth/providers')
        sums[kind].push(performance.now() - started)
        // Work that this request has started must end before the next one.
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
    const area = areaOf(sums)
    const medianMs = [median(sums.yes), median(sums.no)].map((value) => Number(value.toFixed(2)))
    const met = mailer === 'control' ? area > most : Math.abs(area - 0.5) <= most - 0.5
    rows.push({ mailer, after, medianMs, area, met })
  }
  return rows
}

/** How often a sum after something that mailed is greater than one after something that did not. */
function areaOf({ yes, no }) {
  let greater = 0
  for (const one of yes) for (const two of no) greater += one > two ? 1 : one === two ? 0.5 : 0
  return greater / (yes.length * no.length)
}

const median = (values) => [...values].sort((one, two) => one - two)[values.length >> 1]
