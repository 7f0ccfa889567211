/** What stands between or behind: PgBouncer, a standby that is promoted, a disk that is full. */
import { execFileSync } from 'node:child_process'
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  canStartStandby,
  findPgBouncer,
  startPgBouncer,
  startServer,
  startStandby,
} from 'torii-testing'
import { freshSession, newAccount } from '../load.mjs'
import { startProxy } from '../proxy.mjs'
import { durable, underLoad } from '../world.mjs'

const portOf = (url) => Number(new URL(url).port)
const poolSize = 5
const withoutPooler = () => (findPgBouncer() === null ? 'no PgBouncer on this machine' : null)

export const restartPooler = {
  name: 'restart-pooler',
  fault: 'PgBouncer that ends and starts again',
  cannotRun: withoutPooler,
  small: { seconds: 5, faults: 2 },
  soak: { seconds: 120, faults: 30 },
  async run(world) {
    const { random } = world
    let pooler = await startPgBouncer(world.url, poolSize)
    world.defer(() => pooler.stop())
    // PgBouncer starts on another port each time; the application keeps its URL.
    const proxy = await startProxy(portOf(pooler.url))
    world.defer(() => proxy.close())
    const options = { url: proxy.through(world.url), connect: { prepare: false } }
    await underLoad(world, options, async (_, isOver) => {
      while (!isOver()) {
        await sleep(random.between(500, 1000))
        await world.inject('restarted pooler', async () => {
          await pooler.stop()
          await sleep(random.between(100, 800))
          pooler = await startPgBouncer(world.url, poolSize)
          proxy.retarget(portOf(pooler.url))
        })
      }
    })
  },
}

/** The text of statements, which have no names behind a pooler, and the call that sends each. */
const statementsBehindPooler = [
  ['sessions as s', (call, { user }) => call('sessions.open', { user, session: freshSession() })],
  ['insert into "torii".users', (call) => call('users.register', newAccount())],
  ['update "torii".users', (call, { user }) => call('users.updateProfile', { user, name: 'cut' })],
  ['from "torii".sessions', (call, account) => call('sessions.validate', account)],
]

export const cutBehindPooler = {
  name: 'cut-behind-pooler',
  fault: 'connections of PgBouncer to the server that are cut before a reply arrives',
  isQuiet: true,
  cannotRun: withoutPooler,
  small: { seconds: 10, faults: statementsBehindPooler.length },
  soak: { seconds: 10, faults: statementsBehindPooler.length },
  async run(world) {
    const proxy = await startProxy(portOf(world.url))
    world.defer(() => proxy.close())
    const pooler = await startPgBouncer(proxy.through(world.url), poolSize)
    world.defer(() => pooler.stop())
    const call = await world.openCaller('behind-pooler', pooler.url, { prepare: false })
    const [account] = world.shared
    for (const [text, send] of statementsBehindPooler)
      await world.inject('cut behind the pooler', async () => {
        const cut = proxy.cutAt(text, { after: true })
        await Promise.all([cut, send(call, account)])
      })
  },
}

export const promoteStandby = {
  name: 'promote-standby',
  fault: 'SIGKILL of the primary, and promotion of its synchronous standby',
  cannotRun: canStartStandby,
  settings: { wal_level: 'replica', max_wal_senders: '5', hot_standby: 'on' },
  small: { seconds: 5, faults: 1 },
  soak: { seconds: 30, faults: 1 },
  async run(world) {
    const primary = world.server
    const standby = await startStandby(primary)
    world.defer(() => standby.stop())
    await world.query("alter system set synchronous_standby_names = '*'")
    await world.query('select pg_reload_conf()')
    await untilSynchronous(world)
    const both = new URL(world.url)
    const [first, second] = [portOf(primary.url), portOf(standby.url)]
    const url = both.href.replace(`127.0.0.1:${first}`, `127.0.0.1:${first},127.0.0.1:${second}`)
    await underLoad(world, { url }, async (_, isOver) => {
      await sleep(1500)
      await world.inject('promoted standby', async () => {
        await primary.kill()
        await sleep(world.random.between(100, 1000))
        await standby.promote()
      })
      world.use(standby)
      while (!isOver()) await sleep(100)
    })
  },
}

async function untilSynchronous({ query }) {
  for (let tries = 0; tries < 100; tries += 1) {
    const rows = await query("select 1 from pg_stat_replication where sync_state = 'sync'")
    if (rows.length > 0) return
    await sleep(100)
  }
  throw new Error('the standby does not become synchronous')
}

const diskMegabytes = 200

export const fullDisk = {
  name: 'full-disk',
  fault: 'a file system without space',
  cannotRun: cannotMount,
  settings: 'none',
  small: { seconds: 5, faults: 1 },
  soak: { seconds: 90, faults: 6 },
  async run(world) {
    const disk = mountDisk()
    world.defer(disk.unmount)
    const server = await onDisk(disk.folder, () =>
      startServer({ settings: { ...durable, max_wal_size: '48MB', shared_buffers: '32MB' } }),
    )
    world.defer(() => server.stop())
    await world.prepare(server)
    await underLoad(world, {}, async (_, isOver) => {
      while (!isOver()) {
        await sleep(500)
        await world.inject('full disk', async () => {
          disk.fill()
          await sleep(2500)
          disk.free()
        })
        // Without space for its log the server may have ended; someone starts it again.
        if (!(await answers(world))) await server.restart()
        await sleep(500)
      }
    })
  },
}

const answers = ({ query }) =>
  query('select 1').then(
    () => true,
    () => false,
  )

/** Null, or why no small file system can be mounted. */
function cannotMount() {
  try {
    mountDisk().unmount()
    return null
  } catch (error) {
    return `no tmpfs: ${
      String(error.stderr || error.message)
        .trim()
        .split('\n')[0]
    }`
  }
}

function mountDisk() {
  const folder = mkdtempSync(join(tmpdir(), 'torii-disk-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'none', folder], {
      stdio: 'pipe',
    })
  } catch (error) {
    remove()
    throw error
  }
  chmodSync(folder, 0o755)
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      const file = openSync(filler, 'w')
      const block = Buffer.alloc(2 ** 16)
      try {
        for (;;) writeSync(file, block)
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount() {
      execFileSync('umount', [folder], { stdio: 'pipe' })
      remove()
    },
  }
}

/** Servers are started in the temporary folder of the process. */
async function onDisk(folder, start) {
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  try {
    return await start()
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
}
