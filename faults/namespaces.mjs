/**
 * Two network namespaces with a virtual cable between them: the client's, in which workers run, and the server's, in which a
 * forwarder listens. The forwarder reaches the database by a unix socket, so nothing listens outside of loopback.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
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
  const [client, server] = [`torii-c-${process.pid}`, `torii-s-${process.pid}`]
  const [clientEnd, serverEnd] = [`tc${process.pid}`, `ts${process.pid}`]
  const [clientAddress, serverAddress] = [`10.77.${number}.1`, `10.77.${number}.2`]
  for (const name of [client, server]) {
    ip('netns', 'add', name)
    world.defer(() => void ip('netns', 'del', name))
  }
  ip(
    'link',
    'add',
    clientEnd,
    'netns',
    client,
    'type',
    'veth',
    'peer',
    'name',
    serverEnd,
    'netns',
    server,
  )
  for (const [name, end, address] of [
    [client, clientEnd, clientAddress],
    [server, serverEnd, serverAddress],
  ]) {
    ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', end)
    ip('-n', name, 'link', 'set', end, 'up')
  }
  const socket = join('/tmp', `torii-faults-${process.pid}.sock`)
  const proxy = await startProxy(Number(new URL(world.url).port), socket)
  world.defer(() => proxy.close())
  const child = spawn(
    'ip',
    ['netns', 'exec', server, process.execPath, forwarder, serverAddress, String(port), socket],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )
  const exited = once(child, 'exit')
  world.defer(async () => {
    child.kill('SIGKILL')
    await exited
  })
  await once(child, 'message')
  const url = new URL(world.url)
  Object.assign(url, { hostname: serverAddress, port: String(port) })
  const [{ address: hardware }] = JSON.parse(ip('-n', server, '-j', 'link', 'show', serverEnd))
  const sendTo = (target) =>
    ip(
      '-n',
      client,
      'neigh',
      'replace',
      serverAddress,
      'lladdr',
      target,
      'dev',
      clientEnd,
      'nud',
      'permanent',
    )
  return {
    client,
    url: url.href,
    /** The client's packets go to a network card that does not exist. */
    lose: () => sendTo('02:00:00:00:00:99'),
    restore: () => sendTo(hardware),
  }
}
