/**
 * Two network namespaces with a virtual cable between them: the client's, in which workers run, and the server's, in which a
 * forwarder listens. The forwarder reaches the database by a unix socket, so nothing listens outside of loopback.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProxy } from './proxy.mjs'

const forwarder = fileURLToPath(new URL('forwarder.mjs', import.meta.url))
const port = 5432
const ip = (...values) => execFileSync('ip', values, { encoding: 'utf8', stdio: 'pipe' })

/** Null, or why there can be no namespaces here. */
export function cannotUseNamespaces() {
  const name = `torii-probe-${process.pid}`
  try {
    ip('netns', 'add', name)
    ip('netns', 'del', name)
    return null
  } catch (error) {
    return `no network namespaces: ${firstLine(error)}`
  }
}

const firstLine = ({ stderr, message }) => (stderr || message).trim().split('\n')[0]

/** Starts both; everything is removed when the world is closed. */
export async function startNamespaces(world) {
  const number = process.pid % 250
  const end = (side, last) => ({
    namespace: `torii-${side}-${process.pid}`,
    device: `t${side}${process.pid}`,
    address: `10.77.${number}.${last}`,
  })
  const [client, server] = [end('c', 1), end('s', 2)]
  layCable(world, client, server)
  await startForwarder(world, server)
  const url = new URL(world.url)
  Object.assign(url, { hostname: server.address, port: String(port) })
  const [{ address: hardware }] = JSON.parse(
    ip('-n', server.namespace, '-j', 'link', 'show', server.device),
  )
  const neighbor = ['-n', client.namespace, 'neigh', 'replace', server.address]
  const sendTo = (target) =>
    ip(...neighbor, 'lladdr', target, 'dev', client.device, 'nud', 'permanent')
  return {
    client: client.namespace,
    url: url.href,
    /** The client's packets go to a network card that does not exist. */
    lose: () => sendTo('02:00:00:00:00:99'),
    restore: () => sendTo(hardware),
  }
}

function layCable(world, client, server) {
  for (const { namespace } of [client, server]) {
    ip('netns', 'add', namespace)
    world.defer(() => void ip('netns', 'del', namespace))
  }
  const near = ['link', 'add', client.device, 'netns', client.namespace, 'type', 'veth']
  ip(...near, 'peer', 'name', server.device, 'netns', server.namespace)
  for (const { namespace, device, address } of [client, server]) {
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', device)
    ip('-n', namespace, 'link', 'set', device, 'up')
  }
}

async function startForwarder(world, { namespace, address }) {
  // In the temporary folder: the path of a unix socket has at most 107 bytes.
  const socket = join(tmpdir(), `torii-faults-${process.pid}.sock`)
  const proxy = await startProxy(Number(new URL(world.url).port), socket)
  world.defer(() => proxy.close())
  const command = ['netns', 'exec', namespace, process.execPath, forwarder, address, String(port)]
  const child = spawn('ip', [...command, socket], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  world.defer(async () => {
    child.kill('SIGKILL')
    await exited
  })
  await once(child, 'message')
}
