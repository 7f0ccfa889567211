/**
 * Late writes: a call is given up by its connection, repeated and acknowledged; the first sending reaches the server
 * later, when what it did has been used or ended. Each case calls one operation whose first sending is late.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { freshSession, newAccount } from '../load.mjs'
import { newHash } from '../operations.mjs'
import { startProxy } from '../proxy.mjs'

/** Short limits, so that a sending is given up soon. */
const shortLimits = { acquireSeconds: 2, callSeconds: 4, maxConnections: 1 }

/** Prepared statements have the operation in their name, so a message with this text begins its sending. */
const sendingOf = (operation) => `torii.${operation}`

/** `late(operation, name, input)` calls with a late first sending; `deliver()` lets it arrive; `call` is not disturbed. */
const cases = {
  async 'magic link'({ late, call, deliver, account: { user, email } }) {
    const hash = newHash()
    await late('magic_links.issue', 'magicLinks.issue', { user, email, hash })
    await call('magicLinks.consume', { user, hash, session: freshSession() })
    await deliver()
    await call('magicLinks.consume', { user, hash, session: freshSession() })
  },
  async 'password reset'({ late, call, deliver, account: { user, email } }) {
    const hash = newHash()
    await late('verification_tokens.issue', 'resets.issue', { user, email, hash })
    await call('resets.use', { user, hash, password: 'first' })
    await deliver()
    await call('resets.use', { user, hash, password: 'second' })
  },
  async 'OAuth state'({ late, call, deliver }) {
    const hash = newHash()
    await late('oauth_states.use', 'oauthStates.use', { hash })
    await call('oauthStates.use', { hash })
    await deliver()
    await call('oauthStates.use', { hash })
  },
  'sign-out': (work) => endedSession(work, 'sessions.end'),
  revoke: (work) => endedSession(work, 'sessions.revoke'),
  'revoke all': (work) => endedSession(work, 'sessions.revokeAll'),
  async 'deleted account'({ late, call, deliver }) {
    const account = newAccount()
    await late('users.register', 'users.register', account)
    await call('users.delete', account)
    await deliver()
    await call('users.find', account)
  },
  async 'disabled user'({ late, call, deliver, account }) {
    await call('users.disable', account)
    await late('users.enable', 'users.enable', account)
    await call('users.disable', account)
    await deliver()
    await call('users.find', account)
  },
  async profile({ late, call, deliver, account: { user } }) {
    await late('users.updateProfile', 'users.updateProfile', { user, name: `older ${newHash()}` })
    await call('users.updateProfile', { user, name: `newer ${newHash()}` })
    await deliver()
    await call('users.find', { user })
  },
}

async function endedSession({ late, call, deliver, account: { user } }, end) {
  const session = freshSession()
  await late('sessions.open', 'sessions.open', { user, session })
  await call(end, { user, session })
  await deliver()
  await call('sessions.validate', { user, session })
}

/** Runs every case at the same time, each with a lateness of its own. */
async function runCases(world, makeLate) {
  const call = await world.openCaller('undisturbed', world.ownerUrl)
  await Promise.all(
    Object.entries(cases).map(async ([name, run], number) => {
      const account = newAccount()
      await call('users.register', account)
      const { late, deliver } = await makeLate(`late-${number}`)
      await run({
        late,
        call,
        account,
        deliver: () => world.inject(`late ${name}`, deliver),
      })
    }),
  )
}

export const lateDelivery = {
  name: 'late-delivery',
  fault: 'a proxy that delivers the first sending after the repeated one was acknowledged',
  isQuiet: true,
  small: { seconds: 10, faults: Object.keys(cases).length },
  soak: { seconds: 10, faults: Object.keys(cases).length },
  run: (world) =>
    runCases(world, async (name) => {
      const proxy = await startProxy(Number(new URL(world.url).port))
      world.defer(() => proxy.close())
      const call = await world.openCaller(name, proxy.through(world.url), shortLimits)
      let held
      return {
        async late(operation, ...rest) {
          held = proxy.hold(sendingOf(operation))
          return call(...rest)
        },
        deliver: async () => (await held)(),
      }
    }),
}

export const lateBackend = {
  name: 'late-backend',
  fault: 'a backend that is stopped before it reads a sending, and continued later',
  isQuiet: true,
  small: { seconds: 10, faults: Object.keys(cases).length },
  soak: { seconds: 10, faults: Object.keys(cases).length },
  run: (world) =>
    runCases(world, async (name) => {
      const call = await world.openCaller(name, world.url, shortLimits)
      let pid
      const carryOn = () => pid !== undefined && process.kill(pid, 'SIGCONT')
      world.defer(carryOn)
      return {
        async late(_, ...rest) {
          const { rows } = await call.storage.transaction((tx) =>
            tx.query('select pg_backend_pid() as pid'),
          )
          pid = rows[0].pid
          process.kill(pid, 'SIGSTOP')
          return call(...rest)
        },
        async deliver() {
          carryOn()
          pid = undefined
          await sleep(700)
        },
      }
    }),
}
