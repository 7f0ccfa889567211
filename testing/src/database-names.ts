import { randomBytes } from 'node:crypto'

/** The names of one run. All its databases begin with the same prefix, so that they can be found and dropped together. */
export interface DatabaseNames {
  prefix: string
  template: string
}

/** Names for a new run: `torii_test_<random>_…`. */
export function newDatabaseNames(): DatabaseNames {
  const prefix = `torii_test_${randomBytes(5).toString('hex')}_`
  return { prefix, template: `${prefix}template` }
}

/** A new database name within the run of a template. */
export function databaseNameBeside(template: string): string {
  return `${template.replace(/template$/, '')}${randomBytes(5).toString('hex')}`
}

/** The URL of another database of the same server. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${encodeURIComponent(name)}`
  return url.href
}
