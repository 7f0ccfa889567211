import type { ApplicationKey } from 'torii-auth'
import { isLoopbackName } from './local-only.js'

/** An invalid variable; the message names it and the allowed values. */
export class SettingsError extends Error {}

/** Reads one variable. An empty one counts as not set. */
type Read = (name: string) => string | null

export type Settings = ReturnType<typeof readSettings>

/** The settings from the environment. Every one has a default, so `npm start` needs none. @throws SettingsError */
export function readSettings(environment: Readonly<Record<string, string | undefined>>) {
  const read: Read = (name) => environment[name] || null
  const host = read('HOST') ?? '127.0.0.1'
  const baseUrl = readBaseUrl(read('BASE_URL'), host)
  /** Whether only browsers of this computer can reach the site. */
  const onLocalhost = baseUrl === null || isLoopbackName(baseUrl.hostname)
  return {
    databaseUrl: read('DATABASE_URL') ?? 'pglite:.torii/data',
    schema: read('DATABASE_SCHEMA') ?? 'torii',
    host,
    /** 0 chooses a free port. */
    port: readNumber(read, 'PORT', 3000, 65_535),
    /** Null means http://localhost and the port; never null when HOST is not loopback. */
    baseUrl: baseUrl?.origin ?? null,
    onLocalhost,
    /** The port of the administration console; 0 chooses a free port. */
    adminPort: readNumber(read, 'ADMIN_PORT', 0, 65_535),
    mail: readMail(read, baseUrl?.hostname ?? 'localhost'),
    /** Null where the application creates and stores its own keys, which it does on localhost only. */
    keys: readKeys(read('TORII_KEYS'), onLocalhost),
    trustedProxyHops: readNumber(read, 'TRUSTED_PROXY_HOPS', 0, 16),
    /** Null without a configured provider. */
    oidc: readOidc(read),
    /** Of whom a second factor is asked. Users of a site that asks it of no one may trust browsers. */
    secondFactor: readSecondFactor(read),
  }
}

function readBaseUrl(text: string | null, host: string): URL | null {
  const fail = (rule: string) => new SettingsError(`BASE_URL must ${rule}`)
  if (text === null) {
    if (isLoopbackName(host === '::1' ? '[::1]' : host)) return null
    throw fail('be set when HOST is not loopback, for example https://app.example')
  }
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
    throw fail('be a URL without a path, like https://app.example')
  if (url.port === '0') throw fail('have the port that browsers use, not 0')
  const rule = 'http is allowed for localhost, 127.0.0.1 and [::1] only'
  if (url.protocol === 'http:' && !isLoopbackName(url.hostname))
    throw fail(`be https, since plain http exposes the session. ${rule}`)
  return url
}

function readMail(read: Read, host: string) {
  /** `directory`: a folder to which each message is written. */
  const [smtpUrl, directory] = [read('SMTP_URL'), read('MAIL_DIR')]
  if (smtpUrl !== null && directory !== null)
    throw new SettingsError('SMTP_URL and MAIL_DIR exclude each other. Set one of them')
  // An IP address is no domain of mail.
  const domain = /[0-9\]]$/.test(host) ? 'localhost' : host
  return { smtpUrl, directory, from: read('MAIL_FROM') ?? `Torii <no-reply@${domain}>` }
}

/** `id:base64url,…`. Torii checks the keys themselves. */
function readKeys(text: string | null, onLocalhost: boolean): readonly ApplicationKey[] | null {
  if (text !== null) return parseKeys(text)
  if (onLocalhost) return null
  const way = "node -p \"require('crypto').randomBytes(32).toString('base64url')\""
  const fix = `Set it to id:secret; create the secret with ${way}`
  throw new SettingsError(`TORII_KEYS must be set when BASE_URL is not on localhost. ${fix}`)
}

/** The keys of a text like `k2:secret,k1:secret`. @throws SettingsError without any part of the text */
export const parseKeys = (text: string): readonly ApplicationKey[] =>
  text.split(',').map((entry) => {
    const [id, secret, ...more] = entry.trim().split(':')
    if (id !== undefined && secret !== undefined && more.length === 0) return { id, secret }
    throw new SettingsError('TORII_KEYS must be id:secret, or several of them separated by commas')
  })

function readOidc(read: Read) {
  const [issuer, clientId] = [read('OIDC_ISSUER'), read('OIDC_CLIENT_ID')]
  if (issuer === null) return null
  if (clientId === null)
    throw new SettingsError('OIDC_CLIENT_ID must be set together with OIDC_ISSUER')
  const name = read('OIDC_NAME') ?? 'oidc'
  if (!/^[a-z0-9-]{1,50}$/.test(name))
    throw new SettingsError('OIDC_NAME must be lower-case letters, digits and hyphens')
  return { name, issuer, clientId, clientSecret: read('OIDC_CLIENT_SECRET') }
}

function readSecondFactor(read: Read) {
  const allowed = ['optional', 'per-user', 'always'] as const
  const text = read('SECOND_FACTOR') ?? 'optional'
  const found = allowed.find((one) => one === text)
  if (found === undefined)
    throw new SettingsError(`SECOND_FACTOR must be one of ${allowed.join(', ')}`)
  return found
}

function readNumber(read: Read, name: string, otherwise: number, max: number): number {
  const text = read(name) ?? String(otherwise)
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= max) return Number(text)
  throw new SettingsError(`${name} must be a whole number from 0 to ${max}`)
}

/** Where the data is, in words. Never the URL, which can hold a password. */
export function describeDatabase(databaseUrl: string): string {
  if (databaseUrl.startsWith('pglite:'))
    return `an embedded PostgreSQL in ${databaseUrl.slice(7) || 'memory'}`
  if (!URL.canParse(databaseUrl)) return 'a PostgreSQL server'
  const { hostname, pathname } = new URL(databaseUrl)
  return `database ${decodeURIComponent(pathname.slice(1)) || 'of the role'} on ${hostname || 'localhost'}`
}
