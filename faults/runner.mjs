/** Runs a schedule and judges what it left. */
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { check } from './checker.mjs'
import { readHistories } from './history.mjs'
import { openWorld } from './world.mjs'

/** A schedule that takes longer than its load and this is ended, as an error of the harness. */
const overheadSeconds = 180
/** Seconds until the server has no connection of a pool that was closed. */
const closingSeconds = 5

/** Worlds that are open, to be closed when the run is interrupted. */
const open = new Set()
export const closeAll = () => Promise.allSettled([...open].map((world) => world.close()))

/**
 * Runs a schedule once. Resolves to `{ name, seed, injected, wanted, operations, violations, seconds, folder }`, or
 * `{ name, skipped }` with the reason. The folder of histories is removed when there is no violation.
 * @param patches, weights, settings of a control: see controls.mjs
 */
export async function runSchedule(
  schedule,
  { kind, seed, product, patches = [], weights, settings, shared },
) {
  const skipped = (await schedule.cannotRun?.()) ?? null
  if (skipped !== null) return { name: schedule.name, skipped }
  const started = performance.now()
  const size = schedule[kind]
  const own = settings === undefined ? (schedule.settings ?? null) : settings
  const world = await openWorld({ name: schedule.name, size, seed, product, shared, settings: own })
  open.add(world)
  Object.assign(world, { patches, weights })
  const limit = new AbortController()
  try {
    const tooLong = sleep((size.seconds + overheadSeconds) * 1000, null, { signal: limit.signal })
    const outcome = await Promise.race([
      runAndCheck(schedule, world),
      tooLong.then(() => {
        throw new Error(`${schedule.name} does not end`)
      }),
    ])
    const seconds = (performance.now() - started) / 1000
    if (outcome.violations.length === 0) rmSync(world.folder, { recursive: true, force: true })
    return {
      name: schedule.name,
      seed,
      wanted: size.faults,
      seconds,
      folder: world.folder,
      ...outcome,
    }
  } finally {
    limit.abort()
    open.delete(world)
    await world.close()
  }
}

async function runAndCheck(schedule, world) {
  await schedule.run(world)
  await world.stopWorkers()
  const calls = readHistories(world.folder)
  const { killed, limits, recoveries } = world
  const tables = await world.tables()
  const found = check({ calls, tables, killed: killed(), limits, recoveries })
  const violations = [...world.violations, ...found, ...(await connectionsLeft(world))]
  return { injected: world.injected.length, operations: calls.length, violations }
}

/** Backends that work for workers that have closed their pools. */
async function connectionsLeft({ ownerUrl, query, role }) {
  if (ownerUrl === null) return []
  const end = performance.now() + closingSeconds * 1000
  for (;;) {
    const left = await query(
      `select pid, state, wait_event_type from pg_stat_activity
       where usename = $1 and application_name = 'torii' and state = 'active'`,
      [role],
    )
    if (left.length === 0) return []
    if (performance.now() > end)
      return left.map(({ pid, state, wait_event_type: waits }) => ({
        kind: 'connection left',
        subject: `backend ${pid}`,
        detail: `${state}, waits for ${waits ?? 'nothing'}`,
      }))
    await sleep(200)
  }
}
