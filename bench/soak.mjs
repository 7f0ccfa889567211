/**
 * A mixed load for a minute: `npm run bench -- soak` (`--quick` for twenty seconds). People register, sign in, are asked
 * who they are, sign out; others guess, send nonsense, and leave in the middle of a request. Fails when the memory of
 * the server process grows, when a connection is left, or when an answer is a fault.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startBenchServer } from './server.mjs'

const callers = 24
const password = 'seven lanterns at the gate'
const mib = (bytes) => (bytes / 2 ** 20).toFixed(1)

/** The server under load, in a process of its own that can be asked what it holds. */
async function startSubject(url) {
  const child = fork(fileURLToPath(new URL('soak-server.mjs', import.meta.url)), [url], {
    execArgv: ['--expose-gc'],
  })
  const [{ port }] = await once(child, 'message')
  return {
    port,
    /** Heap, process and connections, after a full collection. */
    async measure() {
      child.send('measure')
      const [measured] = await once(child, 'message')
      return measured
    },
    async stop() {
      child.send('stop')
      const [status] = await once(child, 'exit')
      return status
    },
  }
}

let people = 0

/** One of the people: what they hold, and what they do next. */
function createPerson(port) {
  const origin = `http://localhost:${port}`
  const ip = `203.0.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 256)}`
  const email = `soak${++people}@example.com`
  let cookie = ''
  const send = async (method, route, body) => {
    const response = await fetch(`${origin}/auth/${route}`, {
      method,
      headers: {
        origin: 'http://localhost:3000',
        'x-forwarded-for': ip,
        ...(cookie === '' ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body,
    })
    await response.arrayBuffer()
    const [held] = response.headers.getSetCookie()
    if (held !== undefined) cookie = held.split(';')[0]
    return response.status
  }
  const json = (method, route, body) => send(method, route, JSON.stringify(body))
  return {
    register: () => json('POST', 'password/register', { email, password }),
    signIn: () => json('POST', 'password/authenticate', { email, password }),
    guess: () =>
      json('POST', 'password/authenticate', { email, password: 'a wrong guess of mine' }),
    session: () => send('GET', 'session'),
    sessions: () => send('GET', 'sessions'),
    rename: () => json('PATCH', 'user', { name: `Soak ${Math.random()}` }),
    link: () => json('POST', 'magic-link/request', { email }),
    challenge: () => json('POST', 'passkeys/authenticate/options', {}),
    token: () => send('POST', 'token'),
    signOut: () => send('POST', 'sign-out'),
    nonsense: () => send('POST', 'password/authenticate', '{"email":'.repeat(200)),
    oversize: () => send('POST', 'password/register', 'x'.repeat(40_000)),
    nowhere: () => send('GET', `nowhere/${Math.random()}`),
    leave: () => leave(port),
  }
}

/** Sends half of a request and is gone. */
async function leave(port) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const head = `POST /auth/password/register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"email`
  socket.write(head, () => socket.destroy())
  await once(socket, 'close')
  return 0
}

/** How often each act is done, of a hundred. */
const mix = {
  session: 50,
  sessions: 8,
  rename: 4,
  guess: 5,
  signIn: 6,
  link: 4,
  challenge: 5,
  token: 2,
  signOut: 3,
  nonsense: 4,
  oversize: 2,
  nowhere: 3,
  leave: 4,
}
const actions = Object.entries(mix).flatMap(([action, times]) =>
  Array.from({ length: times }, () => action),
)

async function load(port, isOver, statuses) {
  while (!isOver()) {
    const person = createPerson(port)
    const note = (status) => statuses.set(status, (statuses.get(status) ?? 0) + 1)
    note(await person.register())
    for (let times = 0; times < 60 && !isOver(); times += 1)
      note(await person[actions[Math.floor(Math.random() * actions.length)]]())
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Growth of the heap from the second third of the run to the last; the first third fills caches and pools. */
export function heapGrowth(heaps) {
  const third = Math.floor(heaps.length / 3)
  return mean(heaps.slice(-third)) - mean(heaps.slice(third, 2 * third))
}

/** Noise is a fifth of this; a kilobyte kept of every request is twice as much on a slow machine. */
const maxGrowthBytes = 2 ** 20

export async function soak({ isQuick, note }) {
  const server = await startBenchServer(true)
  try {
    const { url } = server
    const subject = await startSubject(url)
    const seconds = isQuick ? 20 : 60
    const endsAt = Date.now() + seconds * 1000
    const statuses = new Map()
    const loads = Array.from({ length: callers }, () =>
      load(subject.port, () => Date.now() > endsAt, statuses),
    )
    const samples = []
    while (Date.now() < endsAt) {
      await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 30))
      const sample = await subject.measure()
      samples.push(sample)
      note(`heap ${mib(sample.heapBytes)} MiB, process ${mib(sample.rssBytes)} MiB`)
    }
    await Promise.all(loads)
    // What the callers have kept open is closed by the server within its own keep-alive time.
    await new Promise((resolve) => setTimeout(resolve, 6000))
    const quiet = await subject.measure()
    const activity = await activityOf(url)
    const status = await subject.stop()
    const left = await activityOf(url)
    return report({ samples, statuses, quiet, activity, left, status, seconds })
  } finally {
    await server.stop()
  }
}

/** The other connections to the database, by state. */
async function activityOf(url) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(
    `select state, count(*)::int as n from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' group by state`,
  )
  await client.end()
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}

function report({ samples, statuses, quiet, activity, left, status, seconds }) {
  const growth = heapGrowth(samples.map(({ heapBytes }) => heapBytes))
  const total = [...statuses.values()].reduce((sum, n) => sum + n, 0)
  const faults = [...statuses].filter(([code]) => code >= 500 && code !== 503)
  console.log(
    `${total} requests in ${seconds} s by ${callers} callers: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}`,
  )
  console.log(
    `heap after collection: ${mib(growth)} MiB of growth, ${mib(quiet.heapBytes)} MiB at the end; process ${mib(quiet.rssBytes)} MiB`,
  )
  console.log(
    `connections at rest: ${JSON.stringify(activity)} to the database, ${quiet.sockets} of HTTP; after the stop ${JSON.stringify(left)}`,
  )
  const problems = [
    growth > maxGrowthBytes && `the heap has grown by ${mib(growth)} MiB`,
    faults.length > 0 && `faults: ${JSON.stringify(faults)}`,
    (activity.idle ?? 0) > quiet.poolMax && `more connections than the pool may have`,
    Object.keys(activity).some((state) => state !== 'idle') && 'a connection is not at rest',
    quiet.sockets > 0 && `${quiet.sockets} HTTP connections are left`,
    Object.keys(left).length > 0 && 'connections are left after the stop',
    status !== 0 && `the server ended with ${status}`,
    total < 100 && 'hardly anything was asked',
  ].filter(Boolean)
  for (const problem of problems) console.error(problem)
  return problems.length === 0 ? 0 : 1
}
