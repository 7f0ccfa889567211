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
  fault: 'SIGSTOP and SIGCONT of a backend, shorter than the limits',
  small: { seconds: 5, faults: 2 },
  soak: { seconds: 120, faults: 30 },
  run: (world) =>
    underLoad(world, {}, async (_, isOver) => {
      const { random } = world
      while (!isOver()) {
        const pid = random.pick(await backendsOf(world))
        if (pid === undefined) continue
        await world.inject('stopped backend', async () => {
          process.kill(pid, 'SIGSTOP')
          try {
            await sleep(random.between(500, 2500))
          } finally {
            process.kill(pid, 'SIGCONT')
          }
        })
        await sleep(300)
      }
    }),
}

export const killPostmaster = {
  name: 'kill-postmaster',
  fault: 'SIGKILL of the postmaster and all backends, and a restart',
  small: { seconds: 4, faults: 1 },
  soak: { seconds: 180, faults: 15 },
  settings: {},
  run: (world) =>
    underLoad(world, {}, async (_, isOver) => {
      const { random, server } = world
      while (!isOver()) {
        await sleep(random.between(1000, 2000))
        await world.inject('killed postmaster', async () => {
          await server.kill()
          await sleep(random.between(100, 1000))
          await server.restart()
        })
        await sleep(1000)
      }
    }),
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
