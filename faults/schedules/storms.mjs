/** Too much at once: connections that others take, and validations together with sign-ins. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freshSession, newAccount } from '../load.mjs'
import { underLoad } from '../world.mjs'

const connectionLimit = 25

export const connectionStorm = {
  name: 'connection-storm',
  fault: 'others take every connection of the role while pools must reconnect',
  small: { seconds: 4, faults: 1 },
  soak: { seconds: 120, faults: 20 },
  async run(world) {
    const { query, role } = world
    await query(`alter role ${role} connection limit ${connectionLimit}`)
    await underLoad(world, {}, async (_, isOver) => {
      while (!isOver()) {
        const taken = []
        await world.inject('connection storm', async () => {
          const end = performance.now() + 2500
          while (performance.now() < end) {
            taken.push(...(await takeConnections(world.url, 10)))
            await query(
              `select pg_terminate_backend(pid) from pg_stat_activity
               where usename = $1 and application_name = 'torii' order by random() limit 3`,
              [role],
            )
            await sleep(100)
          }
        })
        await Promise.all(taken.map((client) => client.end().catch(() => {})))
        await sleep(1000)
      }
    })
  },
}

async function takeConnections(url, count) {
  const clients = Array.from({ length: count }, () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
    client.on('error', () => {})
    return client
  })
  const connected = await Promise.allSettled(clients.map((client) => client.connect()))
  return clients.filter((_, place) => connected[place].status === 'fulfilled')
}

export const validationStorm = {
  name: 'validation-storm',
  fault: 'thousands of validations at once, and a tenth as many sign-ins',
  small: { seconds: 10, faults: 1, validations: 2000, signIns: 200 },
  soak: { seconds: 60, faults: 1, validations: 20_000, signIns: 2000 },
  async run(world) {
    const { validations, signIns } = world.size
    const call = await world.openCaller('storm', world.url)
    const accounts = Array.from({ length: 50 }, () => newAccount())
    for (const account of accounts) await call('users.register', account)
    // Every third session has ended: an answer that reaches the wrong caller is seen.
    const ended = accounts.filter((_, place) => place % 3 === 0)
    for (const { user, session } of ended) await call('sessions.end', { user, session })
    const nth = (number) => accounts[number % accounts.length]
    const signIn = async ({ user, email }) => {
      const { outcome, result } = await call('passwords.find', { user, email })
      if (outcome === 'ok')
        await call('passwords.signIn', { user, ...result, session: freshSession() })
    }
    await world.inject('validation storm', () =>
      Promise.all([
        ...Array.from({ length: validations }, (_, n) => call('sessions.validate', nth(n))),
        ...Array.from({ length: signIns }, (_, n) => signIn(nth(n))),
      ]),
    )
  },
}
