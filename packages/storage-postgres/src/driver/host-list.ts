import { isIPv4, isIPv6 } from 'node:net'
import { InvalidOptionsError } from 'torii-core'

/** One of the servers that a URL names. */
export interface Host {
  /** `name:port`, for messages; never holds the user or the password. */
  readonly name: string
  /** Host, port and database, for messages; null where a part of them could be a password. */
  readonly address: string | null
  /** The URL with this host alone: user, password, database and parameters are those of the list. */
  readonly url: string
}

/** More cannot each get a fair share of the time to connect. */
const mostHosts = 16
const scheme = /^postgres(?:ql)?:\/\//
/** Parts of a URL: everything before the hosts, the hosts, everything after them. */
const parts = /^(?<before>[a-z]+:\/\/(?:[^/?#]*@)?)(?<hosts>[^/?#@]*)(?<after>.*)$/s
const hostAndPort = /^(?<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_.-]+)(?::(?<port>\d{1,5}))?$/
/** Parameters that would replace every host of a list, or ask for another server than the primary. */
const parametersOfHosts = ['host', 'hostaddr', 'port']
const primaryNames = ['primary', 'read-write']

/**
 * The servers of `postgresql://user:password@h1:5432,h2:5433/database?…`, in its order. A URL of one host
 * may have every form that `pg` reads. No message repeats a part of the URL: any part can be a password
 * with an unescaped `/`, `?` or `#`.
 * @throws InvalidOptionsError
 */
export function readHosts(url: unknown): readonly Host[] {
  if (url === undefined || url === null || url === '') throw missing()
  if (typeof url !== 'string' || !scheme.test(url)) throw malformed()
  const { before = '', hosts = '', after = '' } = parts.exec(url)?.groups ?? {}
  // A password that is not percent-encoded: what follows it would be taken for hosts, and shown in messages.
  if (/^[^?]*@|#/.test(after)) throw malformed()
  const single = !hosts.includes(',')
  const list = single
    ? [oneHost(before, hosts, after)]
    : hosts.split(',').map((entry) => inList(entry, before, after))
  refuseParameters(parametersOf(url), single)
  if (list.length > mostHosts)
    throw new InvalidOptionsError('url', `names more than ${mostHosts} hosts`)
  if (new Set(list.map(({ name }) => name)).size < list.length)
    throw new InvalidOptionsError('url', 'names a host twice')
  return list
}

const pathAndQuery = /^(?<path>[^?]*)\??(?<query>.*)$/s

/** The parameters of a URL. `URL` itself does not read one with a user and without a host. */
export const parametersOf = (url: string): URLSearchParams =>
  new URLSearchParams(pathAndQuery.exec(url)?.groups?.query)

/**
 * Every form that `pg` reads, and two more that libpq reads: a port without a host, and the database as the parameter
 * `dbname`. The socket's directory can be the parameter `host`: `postgresql://user:password@/database?host=/run/socket`.
 */
function oneHost(before: string, hosts: string, after: string): Host {
  const { path = '', query = '' } = pathAndQuery.exec(after)?.groups ?? {}
  const parameters = new URLSearchParams(query)
  const portAlone = /^:(?<port>\d{1,5})$/.exec(hosts)?.groups?.port
  const host = portAlone === undefined ? hosts : ''
  const withPort = portAlone !== undefined && !parameters.has('port') ? `port=${portAlone}` : ''
  const database = path.length > 1 ? path : `/${encodeURIComponent(parameters.get('dbname') ?? '')}`
  const rest = [query, withPort].filter((part) => part !== '').join('&')
  const end = `${database}${rest === '' ? '' : `?${rest}`}`
  // `pg` reads a URL without a host as it is; `URL` does not.
  const readable = `${before}${host || 'localhost'}${end}`
  if (!URL.canParse(readable) || Number(portAlone ?? 1) < 1 || Number(portAlone ?? 1) > 65_535)
    throw malformed()
  const { hostname, port } = new URL(readable)
  const hostOrSocket = parameters.get('host') || decodeURIComponent(hostname)
  const name = `${hostOrSocket}:${parameters.get('port') ?? portAlone ?? (port || '5432')}`
  return {
    name,
    // Behind a question mark in a password that is not percent-encoded, everything stands in the wrong place.
    address: query.includes('@') ? null : addressOf(name, database.slice(1)),
    url: `${before}${host}${end}`,
  }
}

function inList(entry: string, before: string, after: string): Host {
  const { host, port = '5432' } = hostAndPort.exec(entry)?.groups ?? {}
  if (host === undefined || !isHost(host) || Number(port) < 1 || Number(port) > 65_535)
    throw malformedList()
  const name = `${host.toLowerCase()}:${Number(port)}`
  const url = `${before}${name}${after}`
  if (!URL.canParse(url)) throw malformedList()
  return { name, address: name, url }
}

/** How a message names a server. Without a database in the URL `pg` takes the user's name, which is not shown. */
export const addressOf = (name: string, database: string): string =>
  database === '' ? name : `${name}, database ${JSON.stringify(database)}`

/** A name of digits and dots alone can only be meant as an address. */
const isHost = (host: string): boolean =>
  host.startsWith('[') ? isIPv6(host.slice(1, -1)) : isIPv4(host) || !/^[\d.]+$/.test(host)

function refuseParameters(query: URLSearchParams, single: boolean): void {
  const replacing = parametersOfHosts.find((name) =>
    single ? query.get(name)?.includes(',') : query.has(name),
  )
  if (replacing !== undefined)
    throw new InvalidOptionsError(
      'url',
      `must list its hosts and ports before the database, not in the parameter ${replacing}`,
    )
  const wanted = query.get('target_session_attrs')
  if (wanted !== null && !primaryNames.includes(wanted))
    throw new InvalidOptionsError(
      'url',
      `must have target_session_attrs=${primaryNames.join(' or ')}, or leave it out: Torii works on the primary only`,
    )
}

const missing = () =>
  new InvalidOptionsError(
    'url',
    'is missing: check that the environment variable that has it is set, for example DATABASE_URL=postgresql://user:password@host/database, or pglite:DIRECTORY',
  )

const malformed = () =>
  new InvalidOptionsError(
    'url',
    'must be like postgresql://user:password@host/database with special characters percent-encoded, or pglite:DIRECTORY',
  )

const malformedList = () =>
  new InvalidOptionsError(
    'url',
    'has several hosts, so each must be a name, an IPv4 or a bracketed IPv6 address, with a port from 1 to 65535 or none: postgresql://user:password@h1:5432,[::1]:5433/database',
  )
