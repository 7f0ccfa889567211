/** What the environment says; everything has a default, so that `npm start` needs nothing. */
export interface Settings {
  readonly databaseUrl: string
  readonly schema: string
  readonly host: string
  /** 0 lets the system choose a free one. */
  readonly port: number
  /** Null means http://localhost and the port, which is right only when listening on loopback. */
  readonly baseUrl: string | null
  readonly trustedProxyHops: number
}

/** A variable that cannot be used; the message names it and says what it must be. */
export class SettingsError extends Error {}

const loopbackHosts = ['127.0.0.1', 'localhost', '::1']

/** @throws SettingsError */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  // A variable that is set to nothing counts as not set.
  const read = (name: string) => environment[name] || undefined
  const host = read('HOST') ?? '127.0.0.1'
  const baseUrl = read('BASE_URL') ?? null
  if (baseUrl === null && !loopbackHosts.includes(host))
    throw new SettingsError(
      'BASE_URL must be set when HOST is not loopback, for example https://app.example',
    )
  return {
    databaseUrl: read('DATABASE_URL') ?? 'pglite:.torii/data',
    schema: read('DATABASE_SCHEMA') ?? 'torii',
    host,
    port: wholeNumber('PORT', read('PORT') ?? '3000', 65_535),
    baseUrl,
    trustedProxyHops: wholeNumber('TRUSTED_PROXY_HOPS', read('TRUSTED_PROXY_HOPS') ?? '0', 32),
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > max)
    throw new SettingsError(`${name} must be a whole number from 0 to ${max}`)
  return Number(text)
}

/** Where the data is, for people: never the URL itself, which can hold a password. */
export function describeDatabase(databaseUrl: string): string {
  if (databaseUrl === 'pglite:') return 'an embedded PostgreSQL in memory'
  if (databaseUrl.startsWith('pglite:'))
    return `an embedded PostgreSQL in ${databaseUrl.slice('pglite:'.length)}`
  const { hostname, pathname } = new URL(databaseUrl)
  return `database ${decodeURIComponent(pathname.slice(1)) || 'of the role'} on ${hostname || 'localhost'}`
}
