/** Workers as the harness sees them: started, looked at, killed, stopped. */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('worker.mjs', import.meta.url))
const startSeconds = 60
const stopSeconds = 45

/**
 * Starts workers. `settings` are those of worker.mjs without `name` and `seed`.
 * @param within a network namespace to run them in, or null
 */
export function createWorkers(settings, seed, within = null) {
  const workers = new Set()
  const killed = []
  let started = 0

  async function start() {
    started += 1
    const name = `worker-${seed}-${started}`
    const child = within === null ? fork(program) : forkWithin(within)
    const worker = { name, child, exited: once(child, 'exit') }
    workers.add(worker)
    const ready = next(child, 'ready', startSeconds)
    child.send({ ...settings, name, seed: seed * 1000 + started })
    if ((await ready) === null) throw new Error(`${name} did not start`)
    return worker
  }

  return {
    start: (count) => Promise.all(Array.from({ length: count }, start)),
    list: () => [...workers],
    killed: () => killed,
    /** Kills a worker in the middle of its work; resolves when it is gone. */
    async kill(worker) {
      killed.push(worker.name)
      workers.delete(worker)
      worker.child.kill('SIGKILL')
      await worker.exited
    },
    /** Looks at every pool: `{ process, seconds }` each. */
    probe: () =>
      Promise.all(
        [...workers].map(async ({ name, child }) => {
          const answer = next(child, 'probed', 30)
          child.send('probe')
          return { process: name, seconds: (await answer)?.probed ?? null }
        }),
      ),
    /** Lets every worker end its calls and its pool. One that does not is killed, and its calls stay unfinished. */
    async stop() {
      await Promise.all(
        [...workers].map(async ({ child, exited }) => {
          const stopped = next(child, 'stopped', stopSeconds)
          if (child.connected) child.send('stop')
          if ((await stopped) === null) child.kill('SIGKILL')
          await exited
        }),
      )
      workers.clear()
    },
    /** Ends everything at once, after an error of the harness. */
    async destroy() {
      for (const { child } of workers) child.kill('SIGKILL')
      await Promise.all([...workers].map(({ exited }) => exited))
    },
  }
}

const forkWithin = (namespace) =>
  spawn('ip', ['netns', 'exec', namespace, process.execPath, program], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })

/** The next message of a kind; null when the process ends or the time is over first. */
function next(child, kind, seconds) {
  const limit = new AbortController()
  const message = new Promise((resolve) => {
    child.on('message', function listen(each) {
      if (!(kind in each)) return
      child.off('message', listen)
      resolve(each)
    })
    child.once('exit', () => resolve(null))
  })
  const tooLate = sleep(seconds * 1000, null, { signal: limit.signal }).catch(() => null)
  return Promise.race([message, tooLate]).finally(() => limit.abort())
}
