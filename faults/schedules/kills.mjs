/** Processes that are killed or stopped: backends, the postmaster, workers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { underLoad } from '../world.mjs'

/** Process ids of the application's backends. */
const backendsOf = async ({ query, role }) =>
  (await query('select pid from pg_stat_activity where usename = $1', [role])).map(({ pid }) => pid)

export const terminateBackends = {
  name: 'terminate-backends',
  fault: 'pg_terminate_backend on random backends',
  small: { seconds: 4, faults: 10 },
  soak: { seconds: 120, faults: 300 },
  run: (world) =>
    underLoad(world, {}, async (_, isOver) => {
      const { random, query } = world
      while (!isOver()) {
        await sleep(random.between(50, 250))
        const pid = random.pick(await backendsOf(world))
        if (pid === undefined) continue
        await world.inject('terminated backend', () =>
          query('select pg_terminate_backend($1)', [pid]),
        )
      }
    }),
}

export const stopBackends = {
  name: 'stop-backends',
  fault: 'SIGSTOP and SIGCONT of backends, shorter than the limits',
  small: { seconds: 5, faults: 2 },
  soak: { seconds: 120, faults: 30 },
  run: (world) =>
    underLoad(world, {}, async (_, isOver) => {
      const { random } = world
      while (!isOver()) {
        const pids = (await backendsOf(world)).filter(() => random.chance(0.6))
        if (pids.length === 0) continue
        await world.inject('stopped backends', async () => {
          for (const pid of pids) signal(pid, 'SIGSTOP')
          try {
            await sleep(random.between(500, 2500))
          } finally {
            for (const pid of pids) signal(pid, 'SIGCONT')
          }
        })
        await sleep(300)
      }
    }),
}

/** A backend may have ended by itself. */
function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

async function someBackends(world) {
  for (;;) {
    const pids = await backendsOf(world)
    if (pids.length > 0) return pids
    await sleep(50)
  }
}

/** What ends a server, each followed by a restart: its own, or ours. */
const serverEnds = [
  async ({ random, server }) => {
    await server.kill()
    await sleep(random.between(100, 1000))
    await server.restart()
  },
  // The postmaster ends all other backends, and recovers.
  async (world) => signal(world.random.pick(await someBackends(world)), 'SIGKILL'),
  ({ server }) => server.restart(),
]

export const killPostmaster = {
  name: 'kill-postmaster',
  fault: 'SIGKILL of the postmaster or of a backend, orderly restarts',
  small: { seconds: 4, faults: 1 },
  soak: { seconds: 180, faults: 20 },
  settings: {},
  run: (world) =>
    underLoad(world, {}, async (_, isOver) => {
      for (let turn = 0; !isOver(); turn += 1) {
        await sleep(world.random.between(1000, 2000))
        await world.inject('ended server', () => serverEnds[turn % serverEnds.length](world))
        await untilAnswering(world)
        await sleep(1000)
      }
    }),
}

async function untilAnswering({ query }) {
  const end = performance.now() + 30_000
  while (performance.now() < end) {
    const answers = await query('select 1').catch(() => null)
    if (answers !== null) return
    await sleep(100)
  }
  throw new Error('the server does not come back')
}

export const killWorkers = {
  name: 'kill-workers',
  fault: 'SIGKILL of workers in the middle of their calls',
  small: { seconds: 3, faults: 3 },
  soak: { seconds: 120, faults: 60 },
  run: (world) =>
    underLoad(world, { pauseMs: 1 }, async (workers, isOver) => {
      while (!isOver()) {
        await sleep(world.random.between(200, 700))
        await world.inject('killed worker', () => workers.kill(world.random.pick(workers.list())))
        await workers.start(1)
      }
    }),
}
