/** Runs the cells, interleaved: every repetition goes through all of them, so a busy minute hits them alike. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { modules } from './cells.mjs'
import { cpuOfMachine, cpuOfTree } from './load.mjs'

/** A subject in its own process. */
async function startSubject(name, url, size) {
  const child = fork(
    fileURLToPath(new URL('subject-process.mjs', import.meta.url)),
    [new URL(modules[name], import.meta.url).href, url, JSON.stringify(size)],
    { serialization: 'advanced' },
  )
  let answered = null
  child.on('message', (message) => answered?.resolve(message))
  child.on('exit', (status) =>
    answered?.reject(new Error(`the process of ${name} ended with ${status}`)),
  )
  async function answer() {
    const message = await new Promise((resolve, reject) => {
      answered = { resolve, reject }
    })
    if (!message.ok) throw new Error(`${name}: ${message.error}`)
    return message.result
  }
  await answer()
  return {
    run(request) {
      child.send(request)
      return answer()
    },
    async close() {
      if (child.connected) child.send('close')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

export async function startSubjects(names, url, size) {
  const subjects = new Map()
  try {
    for (const name of names) subjects.set(name, await startSubject(name, url, size))
  } catch (error) {
    for (const subject of subjects.values()) await subject.close()
    throw error
  }
  return subjects
}

/** One run of one cell, with what the server and the rest of the machine did meanwhile. */
async function runOnce(cell, { subjects, pgbench, postmaster, ms, leadInMs }) {
  const request = { flow: `${cell.flow}/${cell.scope}`, callers: cell.callers }
  const subject = cell.script === undefined ? subjects.get(cell.subject) : null
  // Connections and caches are at hand again.
  await subject?.run({ ...request, ms: leadInMs })
  const [server, machine] = [cpuOfTree(postmaster), cpuOfMachine()]
  const run =
    subject !== null
      ? await subject.run({ ...request, ms })
      : await pgbench.run({ script: cell.script, clients: cell.callers, ms })
  const serverMicros = server === null ? null : cpuOfTree(postmaster) - server
  const others =
    machine === null || run.cpuMicros === null
      ? null
      : (cpuOfMachine() - machine - run.cpuMicros - serverMicros) / (run.wallMs * 1000)
  if (run.operations === 0) throw new Error(`${cell.flow} of ${cell.subject}: nothing was done`)
  return {
    opsPerSecond: (run.operations / run.wallMs) * 1000,
    p50: run.p50,
    p99: run.p99,
    client: run.cpuMicros === null ? null : run.cpuMicros / run.operations,
    server: serverMicros === null ? null : serverMicros / run.operations,
    statements: run.statements / run.operations,
    roundTrips: (run.roundTrips ?? run.statements) / run.operations,
    otherLoad: others,
  }
}

export function median(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b)
  if (sorted.length === 0) return null
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function summarize({ flow, subject, scope, callers }, runs) {
  const of = (name) => median(runs.map((run) => run[name]))
  const rates = runs.map(({ opsPerSecond }) => opsPerSecond)
  return {
    flow,
    subject,
    scope,
    callers,
    runs: runs.length,
    opsPerSecond: { median: median(rates), min: Math.min(...rates), max: Math.max(...rates) },
    latencyMs: { p50: of('p50'), p99: of('p99') },
    cpuMicros: { client: of('client'), server: of('server') },
    statements: of('statements'),
    roundTrips: of('roundTrips'),
    otherLoad: of('otherLoad'),
  }
}

/** Measures `cells`, `repetitions` times each after one warm-up that is not counted, if there is one. */
export async function measure(cells, given) {
  const runs = new Map(cells.map((cell) => [cell, []]))
  // Each run of pgbench is a new process, so nothing of it stays warm.
  const warmed = given.warmUpMs === 0 ? [] : cells.filter(({ script }) => script === undefined)
  for (const cell of warmed) await runOnce(cell, { ...given, ms: given.warmUpMs })
  for (let repetition = 1; repetition <= given.repetitions; repetition += 1) {
    for (const cell of cells) runs.get(cell).push(await runOnce(cell, given))
    given.note(`repetition ${repetition} of ${given.repetitions}`)
  }
  return cells.map((cell) => summarize(cell, runs.get(cell)))
}
