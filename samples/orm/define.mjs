/** Writes the definitions of Torii's tables, from an embedded database that it migrates, and generates Prisma's client. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'torii-orm-'))
const run = (name, args, env = {}) =>
  execFileSync('npx', [name, ...args], { env: { ...process.env, ...env }, encoding: 'utf8' })
const torii = (...args) =>
  run('torii-storage-postgres', args, { DATABASE_URL: `pglite:${join(folder, 'data')}` })

try {
  torii('migrate')
  writeFileSync('src/torii-drizzle.ts', torii('schema', '--for', 'drizzle'))
  writeFileSync('src/torii-kysely.ts', torii('schema', '--for', 'kysely'))
  // Prisma wants both sides of a relation, so the user gets the field of the application's own table.
  const models = torii('schema', '--for', 'prisma')
  const start = 'model ToriiUsers {\n'
  writeFileSync('prisma/torii.prisma', models.replace(start, `${start}  customer Customers?\n`))
  // `generate` parses by WebAssembly and needs no engine; named one, it downloads none.
  run('prisma', ['generate'], { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
