/**
 * One subject in a process of its own, so that none runs code that another has made slow, and each stays
 * warm between its turns. Opens it, then runs what it is told, one cell at a time.
 */
import { leaveParent } from './ends-with-parent.mjs'
import { statementsSent } from './statements.mjs'

const [, , module, url, sizeText] = process.argv
const { open } = await import(module)
const { flows, close } = await open({ url, size: JSON.parse(sizeText) })

/** Callers in a closed loop, each with one call under way, until the time is over or nothing is left. */
async function run({ flow, callers, ms, most = Number.POSITIVE_INFINITY }) {
  const { next = () => undefined, action } = flows[flow]
  const latencies = []
  const [cpu, sent, started] = [process.cpuUsage(), statementsSent(), performance.now()]
  const end = started + ms
  let begun = 0
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < end && begun < most) {
        begun += 1
        const item = await next()
        if (item === null) break
        const before = performance.now()
        await action(item)
        latencies.push(performance.now() - before)
      }
    }),
  )
  const wallMs = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  return {
    wallMs,
    operations: latencies.length,
    cpuMicros: user + system,
    statements: statementsSent() - sent,
    ...percentiles(latencies),
  }
}

function percentiles(latencies) {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
  return { p50: at(0.5), p99: at(0.99) }
}

process.on('message', async (request) => {
  if (request === 'close') {
    await close()
    leaveParent()
    return
  }
  try {
    process.send({ ok: true, result: await run(request) })
  } catch (error) {
    process.send({ ok: false, error: error.stack ?? String(error) })
  }
})
process.send({ ok: true, result: Object.keys(flows) })
