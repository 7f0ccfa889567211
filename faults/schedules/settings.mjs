/** Settings of the application's role, and locks that someone else holds. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freshSession } from '../load.mjs'
import { underLoad } from '../world.mjs'

/** Holds locks in a transaction of the owner's for so long. */
async function hold(world, milliseconds, text, values = []) {
  const client = new pg.Client({ connectionString: world.ownerUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('begin isolation level read committed')
    await client.query(text, values)
    await sleep(milliseconds)
    await client.query('rollback')
  } finally {
    await client.end()
  }
}

/** Rows of the users that every worker uses, which makes the workers meet each other and the holder. */
const lockSharedUsers = (world, milliseconds) =>
  hold(world, milliseconds, 'select 1 from torii.users where id = any ($1) for update', [
    world.shared.map(({ user }) => user),
  ])

function roleSetting(name, fault, setting, lockMs) {
  return {
    name,
    fault,
    small: { seconds: 3, faults: 3 },
    soak: { seconds: 60, faults: 40 },
    async run(world) {
      const { random } = world
      await world.query(`alter role ${world.role} set ${setting}`)
      // Behind \`prepare: false\` the library sends no limits of its own, so the role's are in force.
      await underLoad(world, { connect: { prepare: false } }, async (_, isOver) => {
        while (!isOver()) {
          await world.inject(setting, () => lockSharedUsers(world, random.between(...lockMs)))
          await sleep(random.between(50, 200))
        }
      })
    },
  }
}

export const serializable = roleSetting(
  'serializable',
  'default_transaction_isolation = serializable',
  "default_transaction_isolation = 'serializable'",
  [50, 400],
)

export const shortTimeouts = roleSetting(
  'short-timeouts',
  'a statement_timeout of 100 ms while rows are locked',
  "statement_timeout = '100ms'",
  [200, 600],
)

/** Shorter than the lock_timeout that the library sets: calls wait and succeed. */
const lockMs = 3000

export const longLocks = {
  name: 'long-locks',
  fault: 'tables and rows that somebody else locks for seconds',
  small: { seconds: 7, faults: 2 },
  soak: { seconds: 120, faults: 25 },
  run: (world) =>
    underLoad(world, {}, async (_, isOver) => {
      const locks = [
        [
          'sessions',
          () => hold(world, lockMs, 'lock table torii.sessions in access exclusive mode'),
        ],
        ['rows', () => lockSharedUsers(world, lockMs)],
        [
          'magic_links',
          () => hold(world, lockMs, 'lock table torii.magic_links in access exclusive mode'),
        ],
      ]
      for (let turn = 0; !isOver(); turn += 1) {
        const [what, lock] = locks[turn % locks.length]
        await world.inject(`locked ${what}`, lock)
        await sleep(300)
      }
    }),
}

/** Seconds that a validation may take while others' writes wait for a lock. */
const validationSeconds = 1
const waitingWrites = 30

export const starvedReads = {
  name: 'starved-reads',
  fault: 'a locked user whom many callers want, while others validate sessions',
  isQuiet: true,
  small: { seconds: 5, faults: 1 },
  soak: { seconds: 5, faults: 1 },
  async run(world) {
    const call = await world.openCaller('starved', world.url)
    const [victim, other] = world.shared
    const calls = []
    await call('sessions.validate', other)
    world.limits['sessions.validate'] = validationSeconds
    await world.inject('locked user', async () => {
      const lock = hold(world, 4000, 'select 1 from torii.users where id = $1 for update', [
        victim.user,
      ])
      await sleep(200)
      for (let count = 0; count < waitingWrites; count += 1)
        calls.push(call('sessions.open', { user: victim.user, session: freshSession() }))
      for (let count = 0; count < 40; count += 1) {
        calls.push(call('sessions.validate', other))
        await sleep(50)
      }
      await lock
    })
    await Promise.all(calls)
  },
}
