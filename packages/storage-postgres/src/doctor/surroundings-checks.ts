import { oldestServer, readSurroundings } from '../migrate/surroundings.js'
import type { Check } from './examination.js'
import type { Finding } from './finding.js'
import { errorFinding } from './finding.js'

/** The version of the server, the encoding of the database, and row-level security. */
export const checkSurroundings: Check = async ({ connection, schema }) => {
  const found = await readSurroundings(connection, `"${schema}"`)
  const { version, encoding, role, restricted } = found
  const findings: Finding[] = []
  if (version < oldestServer)
    findings.push(
      errorFinding(
        'server-version',
        `this server is PostgreSQL ${Math.trunc(version / 10_000)}`,
        'upgrade it to PostgreSQL 12 or newer',
      ),
    )
  if (encoding !== 'UTF8')
    findings.push(
      errorFinding(
        'encoding',
        `the database has the encoding ${encoding}, and Torii needs UTF8`,
        `create database NAME encoding 'UTF8' template template0, and use that one`,
      ),
    )
  const tables = restricted.map((name) =>
    errorFinding(
      'row-level-security',
      `row-level security restricts the role ${role} on ${schema}.${name}`,
      `as the owner: alter table ${schema}.${name} disable row level security, or create a policy for ${role} with using (true)`,
    ),
  )
  return [...findings, ...tables]
}
