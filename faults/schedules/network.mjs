/** The network: cut before and after the server has a statement, slow, silent; packets lost between namespaces. */
import { setTimeout as sleep } from 'node:timers/promises'
import { freshSession } from '../load.mjs'
import { cannotUseNamespaces, startNamespaces } from '../namespaces.mjs'
import { secondsUntilFull } from '../pool.mjs'
import { startProxy } from '../proxy.mjs'
import { underLoad } from '../world.mjs'

const openProxy = async (world) => {
  const proxy = await startProxy(Number(new URL(world.url).port))
  world.defer(() => proxy.close())
  return proxy
}

/** Statements at which connections are cut, by the names that they are prepared under. */
const cutStatements = [
  'torii.sessions.open',
  'torii.sessions.revoke',
  'torii.sessions.rotate',
  'torii.users.register',
  'torii.users.updateProfile',
  'torii.users.delete',
  'torii.magic_links.consume',
  'torii.verification_tokens.resetPassword',
  'torii.oauth_states.use',
  'torii.passwords.signIn',
  'torii.audit_events.record',
  'commit',
]

export const cutConnections = {
  name: 'cut-connections',
  fault:
    'a proxy that cuts connections before the server has a statement, or before its reply arrives',
  small: { seconds: 5, faults: 12 },
  soak: { seconds: 120, faults: 300 },
  async run(world) {
    const { random } = world
    const proxy = await openProxy(world)
    await underLoad(world, { url: proxy.through(world.url) }, async (_, isOver) => {
      while (!isOver()) {
        const cut = proxy.cutAt(random.pick(cutStatements), { after: random.chance(0.7) })
        if (await Promise.race([cut.then(() => true), sleep(1000)]))
          await world.inject('cut connection', async () => {})
        await sleep(random.between(20, 100))
      }
      proxy.pass()
    })
  },
}

export const slowNetwork = {
  name: 'slow-network',
  fault: 'a proxy that delays, loses one direction or both for a while, then cuts',
  small: { seconds: 4, faults: 3 },
  soak: { seconds: 120, faults: 60 },
  async run(world) {
    const { random } = world
    const proxy = await openProxy(world)
    const faults = [
      () => proxy.delay(random.between(20, 300)),
      () => proxy.silence('to server'),
      () => proxy.silence('to client'),
      () => proxy.silence('both'),
    ]
    await underLoad(world, { url: proxy.through(world.url) }, async (_, isOver) => {
      while (!isOver()) {
        await world.inject('slow network', async () => {
          random.pick(faults)()
          await sleep(random.between(300, 1200))
          proxy.pass()
          proxy.cutAll()
        })
        await sleep(random.between(200, 500))
      }
    })
  },
}

/** Longer than any limit: a call that adds its limits up is late. */
const silenceSeconds = 16

export const silentNetwork = {
  name: 'silent-network',
  fault: 'a network that is silent for longer than a call may take',
  isQuiet: true,
  small: { seconds: silenceSeconds, faults: 1 },
  soak: { seconds: silenceSeconds, faults: 1 },
  async run(world) {
    const proxy = await openProxy(world)
    const call = await world.openCaller('silenced', proxy.through(world.url))
    const users = world.shared
    // Every connection of the pool is open before the silence.
    const open = () =>
      Promise.all(users.map(({ user }) => call('sessions.open', { user, session: freshSession() })))
    await open()
    await world.inject('silent network', async () => {
      proxy.silence('both')
      const end = sleep(silenceSeconds * 1000).then(() => {
        proxy.pass()
        proxy.cutAll()
      })
      await Promise.all([
        end,
        open(),
        open(),
        ...users.map((account) => call('sessions.validate', account)),
        ...users.map(({ user }) => call('users.updateProfile', { user, name: user })),
      ])
    })
    const seconds = await secondsUntilFull(call.storage)
    world.recoveries.push({ process: 'silenced', seconds })
  },
}

/** Packets are lost for so long; the statements' limits are longer, so nothing is given up. */
const lossMs = [1500, 3500]

export const lostPackets = {
  name: 'lost-packets',
  fault: 'packets lost between two network namespaces',
  cannotRun: cannotUseNamespaces,
  small: { seconds: 5, faults: 1 },
  soak: { seconds: 120, faults: 15 },
  async run(world) {
    const { random } = world
    const network = await startNamespaces(world)
    const options = { url: network.url, within: network.client }
    await underLoad(world, options, async (_, isOver) => {
      while (!isOver()) {
        await world.inject('lost packets', async () => {
          network.lose()
          await sleep(random.between(...lossMs))
          network.restore()
        })
        await sleep(1500)
      }
    })
  },
}
